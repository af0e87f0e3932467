// MPEG timestamps: 33 bits at 90 kHz, which begin again after 26.5 hours.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace p2plive::media {

/// A PTS, or the base of a PCR: 90 kHz, only the lower 33 bits count.
enum class Ticks33 : std::uint64_t {};

inline constexpr std::uint64_t ticks33_modulus = std::uint64_t{1} << 33;

/// Makes one continuous time of the timestamps of a session. Not thread-safe.
class Unwrapper {
public:
  /// A step back of up to this is a step back; a larger one is the wrap. So a step forwards may
  /// be of up to 25.5 hours.
  static constexpr std::chrono::hours max_backward{1};

  /// Time of `ticks` (and `extension`, 27 MHz) on the session's line, which begins with the first
  /// timestamp at its own value. Below zero only for steps back from near zero.
  std::chrono::nanoseconds unwrap(Ticks33 ticks, std::uint16_t extension = 0);

  /// A new epoch: the next timestamp stands for itself again.
  void reset() { last_.reset(); }

private:
  std::optional<std::int64_t> last_; ///< unwrapped, 90 kHz
};

} // namespace p2plive::media
