// The clocks of a viewer, as the core wants them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <chrono>

namespace p2plive::viewer {

/// The monotonic clock.
inline core::Time now() {
  return core::Time(std::chrono::steady_clock::now().time_since_epoch());
}

inline std::chrono::steady_clock::time_point steady(core::Time time) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

inline core::WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

} // namespace p2plive::viewer
