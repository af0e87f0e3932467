// When each segment of a session begins, whatever container it comes in.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/fmp4_probe.h"
#include "media/timestamp.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::media {

/// Is shown the beginnings of segments one after the other and tells their times on one line. What
/// a segment is, is told from its bytes. Not thread-safe.
class SegmentClock {
public:
  /// The init section of the segments that follow, instead of any before. One that cannot be read
  /// leaves them without times.
  void init(std::span<const std::uint8_t> bytes);

  /// The time of the segment's beginning: MPEG-TS its first PCR, else PTS; packed audio the
  /// timestamp of its ID3 tag; both unwrapped at 33 bits. Fragmented MP4 its first decode time as
  /// it stands, of 64 bits; a segment that carries its own init section goes by that, and so do
  /// those after it. None where nothing in `first_bytes` tells.
  std::optional<std::chrono::nanoseconds> begin(std::span<const std::uint8_t> first_bytes);

  /// The next segment does not continue the line of those before; the init section stays.
  void restart() { unwrapper_.reset(); }

private:
  std::optional<std::chrono::nanoseconds> begin_fmp4(std::span<const std::uint8_t> first_bytes);

  std::optional<Fmp4Init> init_;
  Unwrapper unwrapper_;
};

} // namespace p2plive::media
