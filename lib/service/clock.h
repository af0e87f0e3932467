// Time as the services know it: they are told, they never look.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>

namespace p2plive::service {

using Duration = std::chrono::nanoseconds;

/// A monotonic clock without `now()`.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using Time = Clock::time_point;

} // namespace p2plive::service
