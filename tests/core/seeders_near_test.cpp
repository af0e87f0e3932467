// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/seeders_near.h"

#include "core_test.h"

namespace {

constexpr double bitrate = 250'000;

Neighbour& add(Neighbours& neighbours, std::uint64_t number, std::uint64_t newest) {
  auto& neighbour = neighbours.emplace(peer(number), Neighbour(peer(number), start)).first->second;
  neighbour.ready = true;
  HaveMessage have;
  have.newest_listed = SequenceNumber{newest};
  neighbour.learn(have);
  return neighbour;
}

} // namespace

// Rule: those count who upload and have listed the segment, or the one before it.
GST_START_TEST(who_counts) {
  Neighbours neighbours;
  add(neighbours, 1, 10);
  add(neighbours, 2, 9);
  add(neighbours, 3, 8);
  add(neighbours, 4, 10).uploads = false;
  add(neighbours, 5, 10).ready = false;
  SeedersNear near;
  fail_unless_equals_int(near.of(SequenceNumber{10}, 1, bitrate, neighbours).size(), 2);
  fail_unless_equals_int(near.of(SequenceNumber{9}, 1, bitrate, neighbours).size(), 3);
  fail_unless_equals_float(near.weights(), 1 + 3 * seeding_weight(0, 0, bitrate));
}
GST_END_TEST;

// Rule: what changes the answer shows in the view of a neighbour, or in what is asked; the answer
// after that is a new one.
GST_START_TEST(what_changes_it) {
  Neighbours neighbours;
  auto& one = add(neighbours, 1, 8);
  SeedersNear near;
  fail_unless(near.of(SequenceNumber{10}, 1, bitrate, neighbours).empty());
  auto before = near.view(one);
  HaveMessage have;
  have.newest_listed = SequenceNumber{9};
  one.learn(have);
  fail_unless(near.view(one) != before);
  near.forget();
  fail_unless_equals_int(near.of(SequenceNumber{10}, 1, bitrate, neighbours).size(), 1);

  before = near.view(one);
  have.newest_listed = SequenceNumber{10};
  one.learn(have);
  fail_unless(near.view(one) == before, "it could fetch the segment before, too");
  have.uplink = 1'000;
  have.reach = 50;
  one.learn(have);
  fail_unless(near.view(one) == before, "it counts from the next segment on");
  one.settle();
  fail_unless(near.view(one) != before);
  near.forget();
  near.of(SequenceNumber{10}, 2, bitrate, neighbours);
  fail_unless_equals_float(near.weights(), 2 + seeding_weight(125'000, 50, bitrate));
  near.of(SequenceNumber{10}, 2, 2 * bitrate, neighbours);
  fail_unless_equals_float(near.weights(), 2 + seeding_weight(125'000, 50, 2 * bitrate));
}
GST_END_TEST;

static Suite* seeders_near_suite() {
  auto* suite = suite_create("seeders_near");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, who_counts);
  tcase_add_test(tcase, what_changes_it);
  return suite;
}

GST_CHECK_MAIN(seeders_near)
