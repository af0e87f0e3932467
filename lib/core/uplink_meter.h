// What the way out carries, measured while something is always waiting on it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <cstddef>

namespace p2plive::core {

/// Told what leaves connections and what they still hold, it reckons how fast bytes leave. Time in
/// which nothing waits does not count; what is measured is what the line (or the congestion
/// control) lets through.
class UplinkMeter {
public:
  /// `left` bytes have gone since the last call; connections hold `held` more.
  void report(Time now, std::size_t left, std::size_t held);

  /// Bytes a second; a guess until it is known.
  double rate() const { return std::max(bytes_ / seconds_, least_rate); }
  /// Enough has been measured to tell.
  bool known() const { return measured_ >= enough; }

private:
  static constexpr double least_rate = 10'000;
  static constexpr std::size_t enough = 4 * 32'768; ///< bytes

  // The guess counts as a tenth of a second of measurement.
  double bytes_ = 25'000;
  double seconds_ = 0.1;
  std::size_t measured_ = 0;
  bool waiting_ = false;
  Time since_{};
};

} // namespace p2plive::core
