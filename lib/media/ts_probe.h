// The first timestamp in the bytes of an MPEG-TS segment (ISO/IEC 13818-1): from which the segment
// gets its place on the time line. Pure functions; safe on any bytes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/timestamp.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::media {

inline constexpr std::size_t ts_packet_size = 188;
/// Bytes before the first packet that are skipped over at most.
inline constexpr std::size_t ts_sync_search = 1024;
/// Bytes that are looked at at most; more than the first chunk of a segment.
inline constexpr std::size_t ts_probe_size = 1u << 17;

struct TsTimestamp {
  enum class Source { pcr, pts };
  Source source{};
  Ticks33 ticks{};             ///< 90 kHz, 33 bits
  std::uint16_t extension = 0; ///< PCR only: 0 to 299 at 27 MHz
  bool operator==(const TsTimestamp&) const = default;
};

/// The first PCR in `bytes`, or else the first PTS; none where there is neither, or no TS. Hand
/// over the whole first chunk: in a very short piece a PTS may come without its PCR.
std::optional<TsTimestamp> probe_ts(std::span<const std::uint8_t> bytes);

/// Offset of the first packet: sync bytes a packet apart, as many as there is room for and at most
/// five. None within `ts_sync_search` bytes, or less than one packet: none.
std::optional<std::size_t> find_ts_sync(std::span<const std::uint8_t> bytes);

bool looks_like_ts(std::span<const std::uint8_t> bytes);

} // namespace p2plive::media
