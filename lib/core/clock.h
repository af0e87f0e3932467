// Time as the core knows it: it is told, it never looks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>

namespace p2plive::core {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

/// A monotonic clock without `now()`: whoever drives the core says what time it is.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using Time = Clock::time_point;

/// Wall-clock time in UTC, as in PROGRAM-DATE-TIME.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

constexpr double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

} // namespace p2plive::core
