// How long to wait before the next try of something that failed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <random>

namespace p2plive::viewer {

/// Capped exponential backoff. Each wait is drawn from the upper half of its step, so that viewers
/// who lost a service together do not come back together.
class Backoff {
public:
  Backoff(core::Duration first, core::Duration most)
      : first_(first), most_(most), step_(first), random_(std::random_device{}()) {}

  core::Duration next() {
    auto wait = std::chrono::duration_cast<core::Duration>(
        step_ * std::uniform_real_distribution<>(0.5, 1.0)(random_));
    step_ = std::min(most_, 2 * step_);
    return wait;
  }
  void reset() { step_ = first_; }

private:
  core::Duration first_;
  core::Duration most_;
  core::Duration step_;
  std::mt19937 random_;
};

} // namespace p2plive::viewer
