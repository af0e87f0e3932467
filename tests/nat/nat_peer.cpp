// One end of a connection, signalled over the real broker; says on standard output what happens:
//
//   ready                       its inbox is open
//   open MS LOCAL REMOTE FAMILY the channel is open, after so long; types of the chosen candidates
//   received BYTES MS           all of them, or the first part of an endless flow
//   closed MS REASON            so long after the last message
//   failed REASON               no connection within the ten seconds that a viewer gives it
//
//   nat-peer BROKER PORT STUN PORT SELF OTHER offer|answer BYTES
//
// SELF and OTHER are numbers. Each end sends BYTES, 0: without end.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/certificate.h"
#include "net/peer_connection.h"
#include "net/timer.h"
#include "viewer/signalling.h"

#include <glib-unix.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace p2plive;
using namespace std::chrono_literals;
using viewer::Signal;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto set_up_within = 10s; // as in lib/viewer/peers.cpp
constexpr std::size_t message_size = 16 * 1024, most_buffered = 256 * 1024;
constexpr std::uint64_t flowing = 1024 * 1024; ///< of an endless flow, to be told of

core::PeerId id_of(const char* number) {
  core::PeerId id;
  auto value = std::strtoul(number, nullptr, 10);
  for (auto& byte : id.bytes) {
    byte = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  return id;
}

const char* name_of(net::IceCandidate::Type type) {
  switch (type) {
  case net::IceCandidate::Type::host:
    return "host";
  case net::IceCandidate::Type::server_reflexive:
    return "srflx";
  case net::IceCandidate::Type::peer_reflexive:
    return "prflx";
  case net::IceCandidate::Type::relayed:
    return "relay";
  }
  return "?";
}

std::string family_of(const std::string& address) {
  if (address.find(':') == std::string::npos)
    return "IPv4";
  return address.starts_with("fe80:") ? "link-local IPv6" : "IPv6";
}

class End {
public:
  End(GMainContext* context, char** arguments)
      : context_(context), stun_{arguments[3], static_cast<std::uint16_t>(atoi(arguments[4]))},
        other_(id_of(arguments[6])), offers_(arguments[7] == std::string("offer")),
        bytes_(std::strtoull(arguments[8], nullptr, 10)),
        signalling_(context, id_of(arguments[5]), {},
                    {[this](const Signal& signal) { arrived(signal); },
                     [this] {
                       say("ready");
                       if (offers_)
                         begin();
                     }}),
        deadline_(context, [this] { fail("no path"); }) {
    signalling_.use({{arguments[1], static_cast<std::uint16_t>(atoi(arguments[2])), false}});
  }
  bool over() const { return over_; }

private:
  static void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }
  static long milliseconds_since(Clock::time_point when) {
    return static_cast<long>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - when).count());
  }

  void begin() {
    began_ = Clock::now();
    deadline_.arm_in(set_up_within);
    net::PeerConnectionOptions options;
    options.certificate = net::Certificate::generate();
    options.stun = {stun_};
    net::PeerConnectionEvents events;
    events.local_description = [this](std::string sdp) {
      Signal signal;
      signal.kind = offers_ ? Signal::Kind::offer : Signal::Kind::answer;
      signal.to = other_;
      signal.session = 1;
      signal.sdp = std::move(sdp);
      if (!signalling_.send(std::move(signal)))
        fail("the broker is away");
    };
    events.open = [this] { opened(); };
    events.message = [this](auto bytes) { received(bytes.size()); };
    events.drained = [this](std::size_t) { send(); };
    events.closed = [this](std::string reason) { closed(reason); };
    connection_ =
        std::make_unique<net::PeerConnection>(context_, std::move(options), std::move(events));
    if (offers_)
      connection_->offer();
  }

  void arrived(const Signal& signal) {
    if (signal.from != other_)
      return;
    if (signal.kind == Signal::Kind::offer && !connection_) {
      begin();
      connection_->accept_offer(signal.sdp);
    } else if (signal.kind == Signal::Kind::answer && connection_) {
      connection_->accept_answer(signal.sdp);
    }
  }

  void opened() {
    deadline_.disarm();
    auto path = connection_->selected_path();
    if (!path)
      return fail("open, and no candidates are selected");
    say("open " + std::to_string(milliseconds_since(began_)) + " " + name_of(path->local.type) +
        " " + name_of(path->remote.type) + " " + family_of(path->remote.address));
    opened_ = heard_ = Clock::now();
    send();
  }

  void send() {
    static const std::vector<std::uint8_t> message(message_size, 42);
    while ((bytes_ == 0 || sent_ < bytes_) && connection_->buffered() < most_buffered) {
      auto size =
          bytes_ == 0 ? message_size : std::min<std::uint64_t>(message_size, bytes_ - sent_);
      if (!connection_->send({message.data(), size}))
        break;
      sent_ += size;
    }
  }

  void received(std::size_t size) {
    heard_ = Clock::now();
    auto enough = bytes_ == 0 ? flowing : bytes_;
    received_ += size;
    if (received_ >= enough && received_ - size < enough)
      say("received " + std::to_string(received_) + " " +
          std::to_string(milliseconds_since(opened_)));
  }

  void closed(const std::string& reason) {
    if (opened_ == Clock::time_point{})
      return fail(reason);
    say("closed " + std::to_string(milliseconds_since(heard_)) + " " + reason);
    over_ = true;
  }

  void fail(const std::string& reason) {
    say("failed " + reason);
    over_ = true;
  }

  GMainContext* context_;
  net::StunServer stun_;
  core::PeerId other_;
  bool offers_;
  std::uint64_t bytes_, sent_ = 0, received_ = 0;
  bool over_ = false;
  Clock::time_point began_, opened_, heard_;
  viewer::Signalling signalling_;
  net::Timer deadline_;
  std::unique_ptr<net::PeerConnection> connection_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fprintf(stderr, "see the head of nat_peer.cpp\n");
    return 2;
  }
  auto* context = g_main_context_default();
  bool ended = false;
  auto end_it = [](gpointer flag) -> gboolean { return *static_cast<bool*>(flag) = true; };
  g_unix_signal_add(SIGTERM, end_it, &ended); // to the last: an end that came first is as good
  {
    End end(context, argv);
    while (!end.over() && !ended)
      g_main_context_iteration(context, TRUE);
  }
  for (int i = 0; i < 1000 && g_main_context_iteration(context, FALSE); ++i)
    ; // what was closed is let go of
  return 0;
}
