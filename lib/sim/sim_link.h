// One direction of a viewer's access line: bytes go through it one after the other at a fixed rate.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <cstdint>

namespace p2plive::sim {

class SimLink {
public:
  /// `rate` in bits a second; 0: no limit.
  explicit SimLink(std::uint64_t rate = 0) : rate_(rate) {}

  /// Sends `bytes` behind everything sent before; says when the last of them is through.
  core::Time send(core::Time now, std::uint64_t bytes) {
    if (rate_ == 0)
      return now;
    free_at_ = std::max(free_at_, now) +
               core::Duration(static_cast<std::int64_t>(static_cast<double>(bytes) * 8e9 /
                                                        static_cast<double>(rate_)));
    return free_at_;
  }

private:
  std::uint64_t rate_;
  core::Time free_at_{};
};

} // namespace p2plive::sim
