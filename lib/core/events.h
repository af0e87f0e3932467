// What the outside tells a swarm, beyond plain numbers and bytes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::core {

/// One segment as the viewer's own playlist lists it.
struct ListedSegment {
  SequenceNumber sn{};
  Duration duration{};                      ///< EXTINF
  std::uint64_t discontinuity_sequence = 0; ///< of this segment (RFC 8216, 6.2.1)
  std::optional<WallTime> program_date_time;
  bool gap = false; ///< EXT-X-GAP: listed, but not to be had
  /// What a demuxer needs before it (EXT-X-MAP): init_number().
  std::optional<SequenceNumber> init;
  /// What it takes to decrypt it is in the playlist alone (EXT-X-KEY).
  bool encrypted = false;
};

/// A refreshed media playlist, oldest segment first, numbers without holes.
struct Listing {
  Duration target_duration{};
  bool ended = false; ///< EXT-X-ENDLIST
  std::vector<ListedSegment> segments;
  /// Where the playlist would have playback begin (EXT-X-START; RFC 8216, 4.3.5.2): from its first
  /// segment on, or, negative, before the end of its last.
  std::optional<Duration> start_offset;
};

/// How the CDN began to answer a fetch.
struct FetchHead {
  std::uint64_t first = 0;           ///< offset in the object of the first byte that follows
  std::optional<std::uint64_t> size; ///< of the whole object, where the answer tells
  bool whole = false; ///< all of the object follows, whatever part of it was asked for
};

enum class FetchFailure {
  not_found,      ///< 404, 410
  not_authorized, ///< 401, 403
  out_of_range,   ///< 416: the range lies behind the end
  server,         ///< 5xx, 429, and what else is no success
  connection,     ///< DNS, TLS, connect, reset, truncated
  timed_out,
};

struct FetchError {
  FetchFailure failure{};
  std::optional<std::uint64_t> size; ///< 416 names the true size
  std::string detail;
};

/// The tracker appoints viewers to fetch new chunks (core/seeding.h).
struct SeedPlace {
  std::uint8_t places = 0; ///< 0: it appoints nobody
  std::uint8_t place = 0;  ///< of this viewer, from 1; 0: none
};

/// What the tracker knows of the swarm.
struct TrackerAnswer {
  std::uint32_t population = 0; ///< viewers of the RID, this one included
  Duration interval{};          ///< until the next announce
  std::vector<PeerId> peers;
  SeedPlace seed;
};

} // namespace p2plive::core
