// What it takes to join late, beside a viewer that joins at the same time and plays from the CDN
// alone. By the CDN's log, as the other figures (accounting.h).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/accounting.h"

namespace p2plive::bench {

/// None: cannot be known, or nobody joined late. Those who were there for less than `pair_stays`
/// are left out.
struct JoinFigures {
  std::size_t count = 0; ///< who share
  std::optional<double> startup_byte_ms_p50, cdn_only_startup_byte_ms_p50;
  /// Of each who shares, in the order of joining: what the CDN had sent it after `pair_stays`, in
  /// seconds of the stream (a segment is as long as it is, however many bytes it has). Empty with
  /// another CDN.
  std::vector<double> cdn_seconds;
  /// Of these, what another viewer of the audience had been sent before: the rest it fetched for
  /// all, when it was its turn.
  std::vector<double> cdn_extra_seconds;
  unsigned stalls = 0; ///< of those who share

  std::optional<double> startup_byte_ratio() const; ///< of the two medians; 1: no slower
  std::optional<double> cdn_seconds_p50() const { return percentile(cdn_seconds, 0.5); }
  std::optional<double> cdn_seconds_max() const { return percentile(cdn_seconds, 1); }
  std::optional<double> cdn_extra_seconds_p50() const { return percentile(cdn_extra_seconds, 0.5); }
  std::optional<double> cdn_extra_seconds_max() const { return percentile(cdn_extra_seconds, 1); }
};

JoinFigures join_figures(const RunRecord& run);

} // namespace p2plive::bench
