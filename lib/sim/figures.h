// The figures that judge a swarm, as docs/scheduling.md defines them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/statistics.h"
#include "sim/percentiles.h"
#include "sim/sim_cdn.h"
#include "sim/sim_viewer.h"
#include "sim/sink_watch.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::sim {

/// How things stood when a window began. The default one is before everything: with it, figures
/// are of the whole run, and nobody is continuous.
struct Snapshot {
  /// Of one viewer.
  struct Viewer {
    core::Statistics statistics;
    std::uint64_t calls = 0;
    std::uint64_t polls = 0;
    Duration watched{};
    unsigned stalls = 0;
    Duration stalled{};
    std::size_t looks = 0;
  };
  Time at{};
  std::set<std::size_t> watching; ///< those of them who still watch at the end are continuous
  std::vector<Viewer> viewers;    ///< by index; who came later began with nothing
  static Snapshot of(const Viewers& viewers, const SinkWatch& sinks, Time now);
};

/// Who is measured.
enum class Group {
  all,
  reachable, ///< who can be connected with somebody
  isolated,  ///< the others, who play from the CDN
};
bool belongs(const SimViewer& viewer, Group group);

/// Copies are of the segments first listed after the window began, and handed out whole by every
/// continuous viewer of any group before its end; what viewers had, of everybody of the group who
/// was there at any time of the window.
struct Figures {
  std::size_t viewers = 0;    ///< who were there at any time of the window
  std::size_t continuous = 0; ///< who were there all the time
  std::size_t segments = 0;
  double copies = 0;      ///< bytes that the CDN sent of the segments / their size
  double copies_base = 0; ///< to continuous viewers
  double copies_join = 0; ///< to all others
  /// To continuous viewers: what no rule could spare, see least_copies(). Who was there at any time
  /// of the window counts as if it could have given all the time.
  double copies_least = 0;
  double offload = 0;
  std::uint64_t delivered_bytes = 0;   ///< of those segments
  std::uint64_t cdn_segment_bytes = 0; ///< of those segments, from the CDN's log
  std::vector<std::pair<std::uint64_t, double>>
      copies_by_segment; ///< media sequence number, copies

  unsigned stalls = 0; ///< at the sink, see SinkWatch
  double stalled = 0;  ///< seconds, likewise
  double stall_share = 0;
  std::uint64_t starvations = 0; ///< what was handed out later than due; the lead hides most
  double starved = 0;            ///< seconds, likewise
  double starved_share = 0;
  std::optional<Percentiles> viewer_stall_share; ///< one value a viewer
  std::optional<Percentiles> viewer_cdn_share;   ///< of the media it received, one value a viewer
  std::optional<Percentiles> startup;            ///< seconds to the first byte handed out
  std::optional<Percentiles> delay;              ///< seconds at the sink, two values a second
  std::uint64_t peer_bytes = 0;                  ///< media received from viewers
  std::uint64_t cdn_requests = 0, cdn_errors = 0;
  std::uint64_t playlist_requests = 0;
  double polls_per_segment = 0; ///< of a continuous viewer, for each segment that was made
  double duplicate_share = 0;
  double overhead_share = 0;
  Duration worst_startup{};
  Duration worst_delay{};      ///< since the start
  double calls_per_second = 0; ///< of one viewer's swarm, in the mean
  std::string text() const;    ///< one line
};

/// What figures are taken from.
struct Scene {
  const Viewers& viewers;
  const SimCdn& cdn;
  const SinkWatch& sinks;
};

/// Of the window from the snapshot until now.
Figures measure(const Scene& scene, const Snapshot& since, Time now, Group group);

} // namespace p2plive::sim
