// What a swarm asks the outside to do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_life.h"
#include "core/chunk_pool.h"
#include "core/clock.h"
#include "core/events.h"
#include "core/ids.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace p2plive::core {

/// Fetch the closed byte range [first, last] of object `sn` from the CDN. `last` may lie behind the
/// object's end when the size is not known. Answered by Swarm::fetch_*.
struct Fetch {
  FetchId id{};
  SequenceNumber sn{};
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// Stop a transfer; nothing more is told of it.
struct CancelFetch {
  FetchId id{};
};

/// The playlist has news, a neighbour says, or is needed: refresh it now, without asking whether it
/// is left to others (not more often than 4 times a second).
struct RefreshPlaylist {};

/// Send one message: `header`, then `size` bytes of `chunk` from its start.
struct Send {
  PeerId to;
  std::vector<std::uint8_t> header;
  ChunkRef chunk;
  std::size_t size = 0;
};

/// Open a connection to this viewer. Answered by peer_opened, peer_closed or peer_unreachable.
struct Connect {
  PeerId peer;
};

/// Close the connection. peer_closed does not follow.
struct Disconnect {
  PeerId peer;
  std::string reason;
};

/// Announce::reach under which a viewer is introduced to those who reach most, and served first.
inline constexpr std::uint8_t hard_to_reach = 40;

/// From here on nearly everybody can be met.
inline constexpr std::uint8_t open_reach = 88;

/// Announce to the tracker. Answered by tracker_answered or tracker_failed.
struct Announce {
  enum class Event { update, started, stopped } event{};
  std::uint16_t want = 0;
  std::uint16_t free_slots = 0;
  std::uint16_t connected = 0;
  std::uint32_t upload_kbps = 0; ///< measured; 0: not known
  std::uint8_t reach = 50;       ///< per cent of the viewers tried that could be connected
};

/// Hand these bytes out, in the order of the actions.
struct Deliver {
  /// These are bytes of this init section, which segment `sn` needs, and that follows; `offset` is
  /// in it, `segment_size` its size, and `duration` 0.
  std::optional<SequenceNumber> init;
  ChunkRef chunk;
  std::size_t size = 0;
  SequenceNumber sn{};
  std::uint64_t offset = 0;       ///< in the segment
  std::uint64_t segment_size = 0; ///< bytes
  Duration duration{};            ///< media time of these bytes, pro rata of EXTINF
  Duration segment_duration{};
  std::optional<WallTime> program_date_time; ///< of the segment's start
  bool discontinuity = false;                ///< the first bytes after a break
  bool new_line = false; ///< with discontinuity: on another line of time than those before it
  Duration skipped{};    ///< media left out before, when it was late
  std::shared_ptr<const ChunkLife> life; ///< null without Settings::traces
};

/// Segments were left out, because the CDN does not have the init section that they need.
struct LeaveOut {
  SequenceNumber init{};
  SequenceNumber from{};
  SequenceNumber until{}; ///< playback goes on with this one
};

/// Nothing follows: the stream has ended, or cannot go on.
struct Finish {
  std::optional<FetchError> failure; ///< none: the end of the stream
};

using Action = std::variant<Fetch, CancelFetch, RefreshPlaylist, Send, Connect, Disconnect,
                            Announce, Deliver, LeaveOut, Finish>;

} // namespace p2plive::core
