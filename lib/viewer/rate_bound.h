// Bounds how often something may happen: a token bucket.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>

namespace p2plive::viewer {

class RateBound {
public:
  /// `burst` at once, and `per_second` in the long run.
  RateBound(double burst, double per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  /// True: it may happen, and is counted.
  bool take(core::Time now) {
    tokens_ = std::min(burst_, tokens_ + per_second_ * core::seconds(now - filled_));
    filled_ = now;
    if (tokens_ < 1)
      return false;
    tokens_ -= 1;
    return true;
  }
  core::Time last() const { return filled_; } ///< when it was last asked

private:
  double burst_;
  double per_second_;
  double tokens_;
  core::Time filled_{};
};

} // namespace p2plive::viewer
