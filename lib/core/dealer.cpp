// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/dealer.h"

#include "core/actions.h"

#include <algorithm>

namespace p2plive::core {

namespace {

/// Who can be met by few can give to few: those ask it before others as if it were so much better.
constexpr double hard_to_reach_bonus = 8;

/// A viewer at the table, and what it was dealt in this round.
struct Hand {
  const Neighbour* neighbour;
  bool spared = false;
  double quality = 0;
  std::size_t place = 0; ///< in the order of ids
  std::size_t room = 0;  ///< chunks that it may owe beyond what it owes
  std::size_t chunks = 0;
  std::size_t bytes = 0;
};

bool spared(const Neighbour& neighbour, unsigned reach) {
  return reach >= hard_to_reach && neighbour.reach().value_or(0) >= open_reach;
}

double quality(const Neighbour& neighbour) {
  bool hard = neighbour.reach().value_or(100) < hard_to_reach;
  return neighbour.quality() * (hard ? hard_to_reach_bonus : 1);
}

bool has_any(const Neighbour& neighbour, const std::vector<Card>& cards) {
  const RemoteSegment* theirs = nullptr;
  const ObjectName* segment = nullptr;
  for (const auto& card : cards) {
    if (!segment || *segment != card.chunk.object) {
      segment = &card.chunk.object;
      theirs = neighbour.gives(*segment);
    }
    if (theirs && theirs->chunks.contains(number(card.chunk.chunk)))
      return true;
  }
  return false;
}

/// Those who can take any card.
std::vector<Hand> seat(Time now, const std::vector<Card>& cards, const Neighbours& neighbours,
                       unsigned reach) {
  std::vector<Hand> hands;
  neighbours.prefetch();
  for (const auto& [id, neighbour] : neighbours) {
    if (!neighbour.available(now))
      continue;
    auto owed = neighbour.owed().size(), most = neighbour.most_owed();
    if (owed < most && has_any(neighbour, cards))
      hands.push_back(
          {&neighbour, spared(neighbour, reach), quality(neighbour), hands.size(), most - owed});
  }
  std::ranges::sort(hands, [](const Hand& a, const Hand& b) {
    if (a.spared != b.spared)
      return b.spared;
    return a.quality != b.quality ? a.quality > b.quality : a.place < b.place;
  });
  return hands;
}

bool can_take(const Hand& hand, Time now, const Card& card, bool slow) {
  const auto& neighbour = *hand.neighbour;
  bool too_soon = hand.spared && slow && now < card.needed_by - asked_at_last;
  return !too_soon && hand.chunks < hand.room && neighbour.has(card.chunk) &&
         now + neighbour.expected(hand.bytes + card.bytes) <= card.needed_by;
}

} // namespace

std::vector<Dealt> deal(Time now, const std::vector<Card>& cards, const Neighbours& neighbours,
                        const Asker& asker) {
  std::vector<Dealt> dealt;
  if (cards.empty())
    return dealt;
  auto hands = seat(now, cards, neighbours, asker.reach);
  auto ordinary = static_cast<std::size_t>(
      std::ranges::count_if(hands, [](const Hand& hand) { return !hand.spared; }));
  // Each of the two kinds takes turns among itself.
  std::size_t turn = 0, turn_of_spared = 0;
  for (const auto& card : cards) {
    for (std::size_t tried = 0; tried < hands.size(); ++tried) {
      bool is_spared = tried >= ordinary;
      auto place = is_spared
                       ? ordinary + (turn_of_spared + tried - ordinary) % (hands.size() - ordinary)
                       : (turn + tried) % ordinary;
      auto& hand = hands[place];
      if (!can_take(hand, now, card, asker.slow))
        continue;
      hand.chunks += 1;
      hand.bytes += card.bytes;
      dealt.push_back({hand.neighbour->id(), card.chunk, card.bytes,
                       hand.neighbour->expected(hand.bytes), card.needed_by});
      if (is_spared)
        turn_of_spared = place - ordinary + 1;
      else
        turn = place + 1;
      break;
    }
  }
  return dealt;
}

} // namespace p2plive::core
