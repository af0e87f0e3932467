// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/segment_clock.h"

#include "media/container.h"
#include "media/packed_audio_probe.h"
#include "media/ts_probe.h"

namespace p2plive::media {

void SegmentClock::init(std::span<const std::uint8_t> bytes) {
  init_ = probe_init(bytes);
}

std::optional<std::chrono::nanoseconds>
SegmentClock::begin(std::span<const std::uint8_t> first_bytes) {
  auto container = sniff_container(first_bytes);
  if (container == Container::iso_bmff)
    return begin_fmp4(first_bytes);
  if (container == Container::packed_audio) {
    if (auto timestamp = probe_packed_audio(first_bytes).timestamp)
      return unwrapper_.unwrap(*timestamp);
  }
  // Rubbish before the first packet may look like anything.
  auto found = probe_ts(first_bytes);
  if (!found)
    return std::nullopt;
  return unwrapper_.unwrap(found->ticks, found->extension);
}

std::optional<std::chrono::nanoseconds>
SegmentClock::begin_fmp4(std::span<const std::uint8_t> first_bytes) {
  if (auto own = probe_init(first_bytes))
    init_ = std::move(own);
  if (!init_)
    return std::nullopt;
  return probe_fragment(*init_, first_bytes);
}

} // namespace p2plive::media
