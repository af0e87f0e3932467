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
  std::size_t room = 0; ///< chunks that it may owe beyond what it owes
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

std::vector<Hand> seat(Time now, std::span<const Neighbour* const> viewers, unsigned reach) {
  std::vector<Hand> hands;
  for (const auto* viewer : viewers) {
    if (!viewer->available(now))
      continue;
    auto owed = viewer->owed().size(), most = viewer->most_owed();
    if (owed < most)
      hands.push_back({viewer, spared(*viewer, reach), quality(*viewer), most - owed});
  }
  std::ranges::sort(hands, [](const Hand& a, const Hand& b) {
    if (a.spared != b.spared)
      return b.spared;
    return a.quality != b.quality ? a.quality > b.quality : a.neighbour->id() < b.neighbour->id();
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

std::vector<Dealt> deal(Time now, const std::vector<Card>& cards,
                        std::span<const Neighbour* const> viewers, const Asker& asker) {
  std::vector<Dealt> dealt;
  auto hands = seat(now, viewers, asker.reach);
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
