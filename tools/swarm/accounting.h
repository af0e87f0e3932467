// The figures that judge a run, as docs/scheduling define them: by a set of segments, not by time.
// The set of a window is every segment first listed in it and handed out whole by every continuous
// viewer before its end. What the CDN's log says it sent is the truth, not what viewers claim.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <map>
#include <set>

namespace p2plive::bench {

/// Everything a run saw.
struct RunRecord {
  std::vector<ViewerRecord> viewers;
  std::map<MediaSequence, ListedSegment> listed; ///< empty with another stream than the run's own
  std::optional<std::vector<CdnRequest>> cdn;    ///< none: the CDN is not the run's own
  Instant begin;                                 ///< the first viewer was asked to play
  Instant last_join;                             ///< the last initial one was
  Instant end;
  std::chrono::nanoseconds joining{}; ///< so long a viewer counts as one that joins
  std::chrono::nanoseconds segment{}; ///< its duration
};

struct Window {
  Instant begin, end;
};

/// None: cannot be known, or did not occur.
struct Figures {
  unsigned viewers = 0; ///< that were there at any time of it
  double seconds = 0;
  std::size_t segments = 0;                       ///< in the set
  std::uint64_t delivered_bytes = 0;              ///< of the set, handed out to all viewers
  std::optional<std::uint64_t> cdn_segment_bytes; ///< of the set, sent by the CDN
  std::optional<double> offload;                  ///< 1 - cdn_segment_bytes / delivered_bytes
  std::optional<double> copies;                   ///< cdn_segment_bytes / size of the set
  std::optional<double> copies_base; ///< of them, to viewers that had been there for a while
  std::optional<double> copies_join; ///< of them, to viewers in their first seconds
  unsigned stalls = 0;               ///< seen at the sinks
  unsigned starved_stalls = 0;       ///< of these, such as no busy machine is to blame for
  double stall_seconds = 0;
  std::optional<double> startup_ms_p50, startup_ms_p95;           ///< to the first frame
  std::optional<double> startup_byte_ms_p50, startup_byte_ms_p95; ///< to the first byte
  std::optional<double> delay_s; ///< wall clock - PROGRAM-DATE-TIME, median frame
  std::optional<double> duplicate_share, overhead_share;
  std::optional<std::uint64_t> playlist_bytes; ///< sent by the CDN
  std::uint64_t peer_bytes = 0;                ///< media received from viewers, as viewers say
  std::uint64_t cdn_requests = 0, cdn_errors = 0, starvations = 0;
  std::optional<double> cpu_percent_per_viewer, rss_mib_per_viewer;
  // Of who is there from the beginning to the end of the run: chunks that were taken from the
  // system, by all, and by how much the memory of one has grown at most, from the median of the
  // first tenth of the time to that of the last.
  std::optional<std::uint64_t> pool_allocations;
  std::optional<double> rss_growth_mib;
};

/// Segments first listed in the window and handed out whole by every continuous viewer before its
/// end. With a stream that is not the run's own, the listing is not known and the hand-out decides.
std::set<MediaSequence> steady_set(const RunRecord& run, const Window& window);

/// By the set above, in the steady window. Here and below, who plays from the CDN alone to be
/// compared with (Pair::alone) is none of the viewers, and what it was sent is no copy.
Figures steady_figures(const RunRecord& run, const Window& window);

/// Of everything from the first viewer's start to the end: every segment that anybody was sent.
Figures whole_figures(const RunRecord& run);

/// The value under which `share` of them lie (nearest rank); none of none.
std::optional<double> percentile(std::vector<double> values, double share);

} // namespace p2plive::bench
