// Deals missing chunks to viewers as cards are dealt.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/neighbour.h"

#include <map>
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

/// Cards in the order given, viewers in the order of quality, each viewer getting the next chunk
/// that it has, as long as what it owes is within what it can deliver in time. Cards that nobody
/// can take are left for the next deal. Changes nothing.
///
/// `reach` is this viewer's own, per cent: of viewers that nearly everybody can be connected with,
/// those who can be connected with others ask last, for some have nobody else.
std::vector<Dealt> deal(Time now, const std::vector<Card>& cards, const Neighbours& neighbours,
                        unsigned reach);

} // namespace p2plive::core
