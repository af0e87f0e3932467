// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/listing_turn.h"

#include "core/mix.h"

#include <algorithm>

namespace p2plive::core {

namespace {

/// A quarter of them look, and two must have told.
constexpr std::size_t least_neighbours = 8;
/// A newcomer has no window yet, and its neighbours are still to be found out.
constexpr Duration newcomer = 20s;

/// A look at every fourth segment is due half a target duration after this.
Duration longest_unseen(const ListingView& view) {
  auto by_turn = view.target * (2 * looks_at_one_in - 1) / 2;
  // With a segment to spare, the next one shows what was listed before it.
  auto by_window = view.listed - view.target * 3 / 2;
  return std::min<Duration>(by_turn, by_window);
}

} // namespace

Duration listing_patience(Duration target) {
  return target / 2;
}

bool may_leave(const ListingView& view, SequenceNumber sn) {
  bool own_turn = (mix(view.self, {}, 0) + number(sn)) % looks_at_one_in == 0;
  bool fetches = view.appointed.places == 0 || view.appointed.place > 0 || !view.follows_tracker;
  return !own_turn && !fetches && view.plain && view.audience > all_look &&
         view.neighbours >= least_neighbours && view.watched >= newcomer &&
         view.unseen <= longest_unseen(view) && view.time_left > listing_patience(view.target);
}

} // namespace p2plive::core
