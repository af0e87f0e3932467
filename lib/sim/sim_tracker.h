// A simulated tracker: who watches, and some of them at random for everybody who asks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "sim/event_queue.h"

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace p2plive::sim {

struct TrackerSettings {
  Duration latency = 50ms;
  Duration interval = 30s;
  Duration expiry = 75s;
};

class SimTracker {
public:
  SimTracker(EventQueue& queue, const TrackerSettings& settings, std::uint64_t seed)
      : queue_(queue), settings_(settings), random_(seed) {}

  bool down = false;
  std::optional<std::uint32_t> claims; ///< says this instead of the true population

  /// Told the answer, or nothing when the tracker failed.
  using Answered = std::function<void(const std::optional<core::TrackerAnswer>&)>;
  void announce(const core::PeerId& from, const core::Announce& announce, Answered answered);

private:
  struct Viewer {
    core::PeerId id;
    Time at{}; ///< announced last
    core::Announce said;
  };
  void note(const core::PeerId& viewer, const core::Announce& said);
  std::size_t pick(const core::Announce& asker, bool choosy);
  void remove(const core::PeerId& viewer);
  void expire();
  core::TrackerAnswer answer(const core::PeerId& to, const core::Announce& announce);

  EventQueue& queue_;
  TrackerSettings settings_;
  std::mt19937_64 random_;
  std::vector<Viewer> viewers_;
  std::map<core::PeerId, std::size_t> places_; ///< in viewers_
  Time expire_at_{};
};

} // namespace p2plive::sim
