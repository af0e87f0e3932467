// How much the viewer's link to the CDN carries, by what has come while something was asked for.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace p2plive::viewer {

/// Only the time counts in which an answer is coming: a live stream is asked for piece by piece,
/// and how long a server takes to begin says nothing of the link. What other viewers send in that
/// time came over the same link, and counts too. The lower of two figures is told, as in hls.js,
/// whose two averages have different half-lives: one follows a link that gets worse at once, the
/// other does not believe a short burst.
class LinkMeter {
public:
  explicit LinkMeter(core::Time now) : last_(now) {}

  void began(core::Time now); ///< an answer
  void ended(core::Time now);
  void came(core::Time now, std::size_t bytes);
  /// From other viewers, since this was called last; told often.
  void came_beside(core::Time now, std::uint64_t bytes);

  /// Bits a second; none: too little was asked for lately.
  std::optional<double> throughput(core::Time now);

private:
  static constexpr core::Duration step = std::chrono::milliseconds(250);
  static constexpr std::size_t long_time = 40; ///< steps
  static constexpr std::size_t short_time = 5;

  struct Step {
    double bytes = 0;
    core::Duration busy{};
  };

  void go_to(core::Time now);
  Step& here() { return steps_[current_]; }
  Step sum(std::size_t steps) const;

  std::array<Step, long_time> steps_{};
  std::size_t current_ = 0;
  core::Duration within_{}; ///< of the current step
  core::Time last_;
  core::Time beside_at_{};
  core::Duration busy_beside_{}; ///< since then
  unsigned under_way_ = 0;
};

} // namespace p2plive::viewer
