// What a crowd that arrives costs the CDN: while it comes, and when it is there.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace p2plive::sim {

struct Crowd {
  std::size_t viewers = 0;   ///< who come at first
  core::Duration arrivals{}; ///< within this time
  core::Duration lasts{};    ///< the run, from the first arrival on
  std::uint64_t bitrate = 0; ///< of the stream, bits a second
};

/// Rates of segments' bytes by whole seconds; docs/scheduling.md has what is aimed at.
struct CrowdFigures {
  /// While they came: the CDN's rate / (joins a second x 2 s x the bitrate).
  double arriving = 0;
  double arriving_peak = 0; ///< in the worst second
  /// From 10 s after the last arrival on: the CDN's rate / what it would be for as many viewers
  /// without each other. None: the run was over.
  std::optional<double> settled;
  std::optional<double> settled_peak;
};

/// `sent`: bytes of segments that the CDN sent, by second since the first arrival.
CrowdFigures measure(const Crowd& crowd, const std::vector<std::uint64_t>& sent);

} // namespace p2plive::sim
