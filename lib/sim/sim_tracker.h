// The tracker of the services, with its way there and back, in virtual time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "service/tracker.h"
#include "sim/event_queue.h"

#include <functional>
#include <optional>

namespace p2plive::sim {

struct TrackerSettings {
  Duration latency = 50ms;
  service::TrackerOptions options;
};

class SimTracker {
public:
  SimTracker(EventQueue& queue, const TrackerSettings& settings, std::uint64_t seed);

  bool down = false;
  std::optional<std::uint32_t> claims; ///< says this instead of the true population

  /// Told the answer, or nothing when the tracker failed.
  using Answered = std::function<void(const std::optional<core::TrackerAnswer>&)>;
  void announce(const core::PeerId& from, const core::Announce& announce, Answered answered);

private:
  core::TrackerAnswer answer(const core::PeerId& from, const core::Announce& announce);

  EventQueue& queue_;
  Duration latency_;
  service::Tracker tracker_;
};

} // namespace p2plive::sim
