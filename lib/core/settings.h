// What a swarm is set to do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_pool.h"
#include "core/clock.h"
#include "core/ids.h"

#include <cstdint>
#include <optional>

namespace p2plive::core {

enum class Pace { stream, none };
enum class Late { skip, keep };

struct Settings {
  PeerId self;
  Duration live_delay = 8s; ///< wall clock - PROGRAM-DATE-TIME aimed at, at the sink
  /// Where playback begins, as Listing::start_offset; none: as live_delay and the playlist say.
  std::optional<Duration> start_offset;
  Duration lead = 3s;    ///< media handed out ahead of their time, when they can be had
  Duration reserve = 1s; ///< of these, what has to be
  /// Media that are handed out together, and for that earlier, so that up to as much beyond the
  /// lead is downstream then. None: as little as does not cost much, for what is fetched follows
  /// from what has gone out.
  std::optional<Duration> together;
  Pace pace = Pace::stream;
  Late late = Late::skip;
  std::optional<Duration> cdn_threshold;     ///< none: from measured fetches
  std::optional<double> seed_share;          ///< none: coordinated; else a fixed proportion 0..1
  unsigned max_peers = 60;                   ///< connections at most
  std::optional<std::uint64_t> upload_limit; ///< bytes a second; none: no limit; 0: never
  std::size_t pool_limit = 128u << 20;       ///< bytes
  Keeping keeping = Keeping::bytes;          ///< sizes: only in simulations
  Duration past = 10s; ///< kept behind the hand-out position, for slower viewers
  bool expects_peers =
      false; ///< services are configured: leave what is not urgent to viewers yet to be met
  bool traces = false; ///< keeps the life of every chunk, and hands it out with it
  /// Of each segment but the first nothing is handed out before all of it is here: until then
  /// another swarm may take over there.
  bool whole_segments = false;
  /// It begins where Swarm::begin_with() says, and hands out nothing before Swarm::take_over().
  bool stands_by = false;
  Duration give_up = 60s; ///< CDN failing and nothing to play for so long: Finish
  std::uint64_t seed = 1; ///< of all random choices
};

} // namespace p2plive::core
