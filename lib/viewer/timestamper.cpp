// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/timestamper.h"

#include "media/ts_probe.h"

namespace p2plive::viewer {

std::optional<std::chrono::nanoseconds>
Timestamper::begin(std::span<const std::uint8_t> first_chunk, bool new_line) {
  if (new_line)
    unwrapper_.reset();
  auto found = media::probe_ts(first_chunk);
  if (!found)
    return {};
  return unwrapper_.unwrap(found->ticks, found->extension);
}

} // namespace p2plive::viewer
