// When a segment of fragmented MP4 begins (ISO/IEC 14496-12): the tracks from the init section, the
// time from the first fragment. Pure functions; safe on any bytes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::media {

/// Bytes that are looked at at most, of an init section as of a segment.
inline constexpr std::size_t fmp4_probe_size = 1u << 20;
/// Tracks of an init section that are kept; those behind are not looked at.
inline constexpr std::size_t max_fmp4_tracks = 32;
/// Later times are refused, so that sums and differences of two stay within 64 bits of nanoseconds.
/// Some encoders count from 1970, and 1904 is the format's own epoch (8.2.2): both are below.
inline constexpr std::chrono::years max_fmp4_time{140};

enum class TrackId : std::uint32_t {};

struct Fmp4Track {
  enum class Kind { video, audio, other };
  TrackId id{}; ///< never 0
  Kind kind{};
  std::uint32_t timescale = 0; ///< units a second, never 0
  bool operator==(const Fmp4Track&) const = default;
};

struct Fmp4Init {
  std::vector<Fmp4Track> tracks; ///< as written, at least one, each id once

  const Fmp4Track* find(TrackId id) const; ///< null: no such track
  bool operator==(const Fmp4Init&) const = default;
};

/// The tracks of an init section, or of a segment that carries its own. Tracks that are cut off or
/// make no sense are left out; none where no track is left. What stands behind a moof is no init
/// section.
std::optional<Fmp4Init> probe_init(std::span<const std::uint8_t> bytes);

/// Has a movie box before its first fragment, whether its tracks can be read or not: a demuxer
/// needs nothing else, or `bytes` are an init section.
bool carries_init(std::span<const std::uint8_t> bytes);

/// The decode time of the first fragment (tfdt, 8.8.12): that of the first video track in its moof,
/// else of the first track in it that is known and has one. None where the moof is not within
/// `first_bytes`.
///
/// The video's, since pictures are what segments are cut by: audio frames do not end where pictures
/// do, so that audio begins up to some frames beside the cut, and elsewhere in each segment. The
/// decode time and not that of presentation, since that is what qtdemux counts from: behind a TIME
/// segment it takes each tfdt as it stands, whatever timestamp the buffer has, and heeds no edit
/// list. So a segment that is to be seen from its start on starts at this time, not at 0.
std::optional<std::chrono::nanoseconds> probe_fragment(const Fmp4Init& init,
                                                       std::span<const std::uint8_t> first_bytes);

} // namespace p2plive::media
