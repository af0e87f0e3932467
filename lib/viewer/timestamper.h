// Where each segment begins on the time line of its own timestamps.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/segment_clock.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::viewer {

/// Looks at init sections and at the first bytes of each segment, in the order in which they are
/// handed out.
class Timestamper {
public:
  /// The init section before the segments that follow (EXT-X-MAP), when it is another one.
  void init(std::span<const std::uint8_t> bytes) { clock_.init(bytes); }

  /// The time that `first_chunk` begins with (media::SegmentClock); none where it has none.
  /// `new_line`: these bytes do not continue the time line of those before.
  std::optional<std::chrono::nanoseconds> begin(std::span<const std::uint8_t> first_chunk,
                                                bool new_line);

private:
  media::SegmentClock clock_;
};

} // namespace p2plive::viewer
