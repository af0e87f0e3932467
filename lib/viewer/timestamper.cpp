// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/timestamper.h"

namespace p2plive::viewer {

std::optional<std::chrono::nanoseconds>
Timestamper::begin(std::span<const std::uint8_t> first_chunk, bool new_line) {
  if (new_line)
    clock_.restart();
  return clock_.begin(first_chunk);
}

} // namespace p2plive::viewer
