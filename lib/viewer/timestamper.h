// Where each segment begins on the time line of its own timestamps.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/timestamp.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::viewer {

/// Looks at the first bytes of each segment, in the order in which they are handed out.
class Timestamper {
public:
  /// The first PCR or PTS in `first_chunk`, unwrapped; none where there is none. `new_line`: these
  /// bytes do not continue the time line of those before.
  std::optional<std::chrono::nanoseconds> begin(std::span<const std::uint8_t> first_chunk,
                                                bool new_line);

private:
  media::Unwrapper unwrapper_;
};

} // namespace p2plive::viewer
