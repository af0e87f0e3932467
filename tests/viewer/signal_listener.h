// Somebody who hears every signal at the broker, and writes down what passes between whom.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/mqtt_client.h"
#include "viewer/signal.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace p2plive::test {

/// On the context's thread.
class SignalListener {
public:
  /// The broker on 127.0.0.1 must let anybody subscribe to everything.
  SignalListener(GMainContext* context, std::uint16_t port)
      : client_(context, {.host = "127.0.0.1", .port = port, .client_id = "listener", .inbox = "#"},
                {.ready = [] {},
                 .lost = [](const std::string&) {},
                 .message = [this](std::string_view, auto payload) { heard(payload); }}) {}
  bool ready() const { return client_.ready(); }

  /// What either has said to the other, as "offer answer".
  std::string between(const core::PeerId& a, const core::PeerId& b) const {
    auto found = heard_.find(std::minmax(a, b));
    return found == heard_.end() ? "" : found->second;
  }
  /// The same of all pairs together.
  std::string all() const {
    std::string kinds;
    for (const auto& [pair, more] : heard_)
      kinds += (kinds.empty() ? "" : " ") + more;
    return kinds;
  }
  static int count(const std::string& kinds) {
    return int(std::ranges::count(kinds, ' ')) + !kinds.empty();
  }
  int unknown() const { return unknown_; } ///< messages that are no signals

private:
  void heard(std::span<const std::uint8_t> payload) {
    static const std::string names[] = {"offer", "answer", "candidates", "refuse"};
    auto signal = viewer::decode_signal(payload);
    if (!signal) {
      ++unknown_;
      return;
    }
    auto& kinds = heard_[std::minmax(signal->from, signal->to)];
    kinds += (kinds.empty() ? "" : " ") + names[int(signal->kind)];
  }

  std::map<std::pair<core::PeerId, core::PeerId>, std::string> heard_;
  int unknown_ = 0;
  net::MqttClient client_;
};

} // namespace p2plive::test
