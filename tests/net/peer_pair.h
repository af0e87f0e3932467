// Two ends of a connection in one process and one GMainContext, on 127.0.0.1.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/certificate.h"
#include "net/peer_connection.h"

#include "loop.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace p2plive::test {

/// Sanitizers that look at every allocation make usrsctp a hundred times slower: less is moved
/// then, for what they look for shows in little as well.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int share = 16;
#else
constexpr int share = 1;
#endif

inline net::PeerConnectionOptions loopback_options() {
  static const auto certificate = net::Certificate::generate();
  net::PeerConnectionOptions options;
  options.certificate = certificate;
  options.local_addresses = {"127.0.0.1"};
  return options;
}

/// A PeerConnection that writes down what it tells.
struct Peer {
  using Bytes = std::vector<std::uint8_t>;

  /// `more` may take further events.
  explicit Peer(GMainContext* context, net::PeerConnectionOptions options = loopback_options(),
                const std::function<void(net::PeerConnectionEvents&)>& more = {}) {
    net::PeerConnectionEvents events;
    if (more)
      more(events);
    events.local_description = [this](std::string sdp) {
      note();
      description = std::move(sdp);
      if (on_description)
        on_description(description);
    };
    events.open = [this] {
      note();
      ++opened;
    };
    events.message = [this](std::span<const std::uint8_t> bytes) {
      note();
      if (on_message)
        on_message(bytes);
      else
        messages.emplace_back(bytes.begin(), bytes.end());
    };
    events.drained = [this](std::size_t waiting) {
      note();
      ++drained;
      emptied += waiting == 0;
    };
    events.closed = [this](std::string reason) {
      note();
      ++closed;
      this->reason = std::move(reason);
    };
    connection =
        std::make_unique<net::PeerConnection>(context, std::move(options), std::move(events));
  }

  /// Wraps a call into the connection: an event during it is against the rules.
  template <typename Call>
  auto during(Call call) {
    in_call = true;
    struct End {
      bool& flag;
      ~End() { flag = false; }
    } end{in_call};
    return call(*connection);
  }
  bool send(const Bytes& bytes) {
    return during([&](auto& connection) { return connection.send(bytes); });
  }

  std::function<void(const std::string&)> on_description;
  std::function<void(std::span<const std::uint8_t>)> on_message;
  std::string description, reason;
  std::vector<Bytes> messages;
  int opened = 0, drained = 0, closed = 0;
  int emptied = 0;       ///< of `drained`, with nothing left
  int against_rules = 0; ///< events from within a call, or after `closed`
  bool in_call = false;
  std::unique_ptr<net::PeerConnection> connection;

private:
  void note() { against_rules += in_call || closed; }
};

/// Descriptions are handed over as they are, or as `change` makes them.
struct Pair {
  explicit Pair(GMainContext* context, net::PeerConnectionOptions options = loopback_options())
      : offerer(context, options), answerer(context, options) {
    offerer.on_description = [this](const std::string& sdp) {
      answerer.during([&](auto& c) { c.accept_offer(change_offer(sdp)); });
    };
    answerer.on_description = [this](const std::string& sdp) {
      offerer.during([&](auto& c) { c.accept_answer(change_answer(sdp)); });
    };
  }
  void start() {
    offerer.during([](auto& c) { c.offer(); });
  }
  bool open() const { return offerer.opened && answerer.opened; }
  bool closed() const { return offerer.closed && answerer.closed; }
  int against_rules() const { return offerer.against_rules + answerer.against_rules; }

  std::function<std::string(std::string)> change_offer = [](std::string sdp) { return sdp; };
  std::function<std::string(std::string)> change_answer = [](std::string sdp) { return sdp; };
  Peer offerer, answerer;
};

} // namespace p2plive::test
