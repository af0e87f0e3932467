// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/dealer.h"

#include <algorithm>

namespace p2plive::core {

namespace {

/// A viewer at the table, and what it was dealt in this round.
struct Hand {
  const Neighbour* neighbour;
  std::size_t chunks = 0;
  std::size_t bytes = 0;
};

std::vector<Hand> seat(Time now, const std::map<PeerId, Neighbour>& neighbours) {
  std::vector<Hand> hands;
  for (const auto& [id, neighbour] : neighbours)
    if (neighbour.available(now) && neighbour.owed().size() < neighbour.most_owed())
      hands.push_back({&neighbour});
  std::stable_sort(hands.begin(), hands.end(), [](const Hand& a, const Hand& b) {
    return a.neighbour->quality() > b.neighbour->quality();
  });
  return hands;
}

bool can_take(const Hand& hand, Time now, const Card& card) {
  const auto& neighbour = *hand.neighbour;
  return neighbour.owed().size() + hand.chunks < neighbour.most_owed() &&
         neighbour.has(card.chunk) &&
         now + neighbour.expected(hand.bytes + card.bytes) <= card.needed_by;
}

} // namespace

std::vector<Dealt> deal(Time now, const std::vector<Card>& cards,
                        const std::map<PeerId, Neighbour>& neighbours) {
  std::vector<Dealt> dealt;
  auto hands = seat(now, neighbours);
  std::size_t turn = 0;
  for (const auto& card : cards) {
    for (std::size_t tried = 0; tried < hands.size(); ++tried) {
      auto& hand = hands[(turn + tried) % hands.size()];
      if (!can_take(hand, now, card))
        continue;
      hand.chunks += 1;
      hand.bytes += card.bytes;
      dealt.push_back({hand.neighbour->id(), card.chunk, card.bytes,
                       hand.neighbour->expected(hand.bytes), card.needed_by});
      turn = (turn + tried + 1) % hands.size();
      break;
    }
  }
  return dealt;
}

} // namespace p2plive::core
