// What the way out carries, measured while something is always waiting on it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <cstddef>

namespace p2plive::core {

/// Told how many bytes connections hold, it reckons how fast they leave. Time in which nothing
/// waits does not count; what is measured is what the line (or the congestion control) lets
/// through.
class UplinkMeter {
public:
  /// `bytes` were given to connections.
  void given(Time now, std::size_t bytes);
  /// Connections hold so many bytes now.
  void buffered(Time now, std::size_t bytes);

  std::size_t held() const { return held_; }
  /// Bytes a second; a guess until it is known.
  double rate() const { return bytes_ / seconds_; }
  /// Enough has gone out to tell.
  bool known() const { return given_ >= enough; }

private:
  static constexpr std::size_t enough = 4 * 65'536;

  // The guess counts as a tenth of a second of measurement.
  double bytes_ = 25'000;
  double seconds_ = 0.1;
  std::size_t held_ = 0;
  std::size_t given_ = 0;
  Time since_{};
};

} // namespace p2plive::core
