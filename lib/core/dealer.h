// Deals missing chunks to viewers as cards are dealt.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/neighbour.h"

#include <span>
#include <vector>

namespace p2plive::core {

/// A missing chunk to be had from viewers.
struct Card {
  ChunkName chunk;
  std::size_t bytes = 0;
  Time needed_by{}; ///< when it would have to go to the CDN
};

/// One request to be made.
struct Dealt {
  PeerId peer;
  ChunkName chunk;
  std::size_t bytes = 0;
  Duration expected{}; ///< until the piece is here
  Time needed_by{};
};

/// So long before it is needed a slow viewer asks for a chunk whoever has it.
inline constexpr Duration asked_at_last = 1500ms;

/// Who asks.
struct Asker {
  unsigned reach = 0; ///< per cent of viewers that it can be connected with; 0: not known
  bool slow = false;  ///< it uploads less than it takes: nobody waits for what it would pass on
};

/// Cards in the order given, viewers in the order of quality, each viewer getting the next chunk
/// that it has, as long as what it owes is within what it can deliver in time. Cards that nobody
/// can take are left for the next deal. Changes nothing.
///
/// Viewers that nearly everybody can be connected with are asked last by those who can be connected
/// with others, for some have nobody else; by who is slow not before asked_at_last.
///
/// `viewers` are those who have any of the cards, in any order; others change nothing.
std::vector<Dealt> deal(Time now, const std::vector<Card>& cards,
                        std::span<const Neighbour* const> viewers, const Asker& asker);

} // namespace p2plive::core
