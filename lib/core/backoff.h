// When to try again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <random>

namespace p2plive::core {

/// `first`, doubled `times` times, at most `most`.
inline Duration doubled(Duration first, unsigned times, Duration most) {
  return std::min<Duration>(first * (1 << std::min(times, 10u)), most);
}

/// Give or take a fifth, so that not all do the same at the same time.
inline Duration jittered(Duration around, std::mt19937_64& random) {
  std::uniform_real_distribution<double> share(0.8, 1.2);
  return std::chrono::duration_cast<Duration>(around * share(random));
}

} // namespace p2plive::core
