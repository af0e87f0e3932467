// The figures that judge a swarm, as docs/scheduling.md defines them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/statistics.h"
#include "sim/sim_cdn.h"
#include "sim/sim_viewer.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::sim {

using Viewers = std::vector<std::unique_ptr<SimViewer>>;

/// How things stood when the steady window began.
struct Snapshot {
  Time at{};
  std::set<std::size_t> watching; ///< those of them who still watch at the end are continuous
  std::vector<core::Statistics> statistics; ///< by viewer
  std::vector<std::uint64_t> calls;
  static Snapshot of(const Viewers& viewers, Time now);
};

/// Of the segments first listed after the steady window began, and handed out whole by every
/// continuous viewer before the end.
struct Figures {
  std::size_t viewers = 0; ///< continuous ones
  std::size_t segments = 0;
  double copies = 0;      ///< bytes that the CDN sent of them / their size
  double copies_base = 0; ///< to continuous viewers
  double copies_join = 0; ///< to all others
  double offload = 0;
  std::uint64_t delivered_bytes = 0;   ///< of those segments, to all
  std::uint64_t cdn_segment_bytes = 0; ///< of those segments, from the CDN's log
  std::vector<std::pair<std::uint64_t, double>>
      copies_by_segment;         ///< media sequence number, copies
  std::uint64_t starvations = 0; ///< of continuous viewers since the steady window began
  double starved = 0;            ///< seconds, likewise
  double duplicate_share = 0;
  double overhead_share = 0;
  double stall_share = 0; ///< of the steady window, in the mean of continuous viewers
  double delay = 0;       ///< seconds, in the mean, now
  Duration startup_p50{}; ///< of continuous viewers: the first byte handed out
  Duration startup_p95{};
  Duration worst_startup{};
  Duration worst_delay{};      ///< since the start
  double calls_per_second = 0; ///< of one viewer's swarm, in the mean
  std::string text() const;    ///< one line
};

Figures measure(const Viewers& viewers, const SimCdn& cdn, const Snapshot& since, Time now);

} // namespace p2plive::sim
