// Figures of one swarm since its start, all monotonic but the gauges.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <cstdint>

namespace p2plive::core {

struct Statistics {
  std::uint64_t cdn_bytes = 0;       ///< media received from the CDN
  std::uint64_t peer_bytes = 0;      ///< media received from viewers
  std::uint64_t upload_bytes = 0;    ///< media sent to viewers
  std::uint64_t delivered_bytes = 0; ///< handed out
  std::uint64_t duplicate_bytes = 0; ///< media received more than once
  std::uint64_t overhead_bytes = 0;  ///< received, but not media: peer messages and headers
  std::uint64_t cdn_requests = 0;
  std::uint64_t cdn_errors = 0;
  std::uint64_t starvations = 0; ///< times that bytes were handed out later than due
  Duration starved_time{};
  Duration
      startup_time{}; ///< from the first listing asked for to the first byte handed out; 0: not yet
  std::uint64_t pool_allocated = 0;
  std::uint64_t pool_reused = 0;
  // Gauges.
  unsigned peers = 0;
  Duration buffer_time{}; ///< contiguous media after the hand-out position
  Duration delay{};       ///< estimated: live edge - media at the sink
  Duration reserve{};     ///< of `ahead`: with less, bytes are late
  bool starving = false;  ///< bytes are due and not here
  bool paused = false;    ///< the consumer has taken nothing for longer than it could play
  Duration ahead{};       ///< estimated: media that are here, or handed out, and not played yet
};

} // namespace p2plive::core
