// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/seeding.h"

#include "core_test.h"

#include <cmath>
#include <set>
#include <vector>

namespace {

std::vector<PeerId> others(std::size_t count, std::size_t self) {
  std::vector<PeerId> ids;
  for (std::size_t i = 0; i < count; ++i)
    if (i != self)
      ids.push_back(peer(i));
  return ids;
}

} // namespace

// Rule: in any full mesh exactly one viewer fetches a chunk at once, the next one a step later, and
// so on; whatever the tracker says of the population.
GST_START_TEST(one_fetcher_in_a_mesh) {
  for (std::size_t count : {1u, 2u, 3u, 5u, 8u, 30u})
    for (std::uint32_t chunk = 0; chunk < 20; ++chunk) {
      std::multiset<Duration> after;
      for (std::size_t self = 0; self < count; ++self) {
        auto neighbours = others(count, self);
        auto duty = seeding_duty(
            {peer(self), neighbours, static_cast<std::uint32_t>(chunk % 2 ? count : 1), {}},
            SequenceNumber{1'000}, chunk);
        fail_if(duty.whoever_has_it);
        after.insert(duty.after);
      }
      std::size_t rank = 0;
      for (auto wait : after)
        fail_unless(wait == static_cast<int>(rank++) * widening_step);
    }
}
GST_END_TEST;

// Rule: the duty goes round: over many chunks each of four viewers gets about a quarter.
GST_START_TEST(the_duty_goes_round) {
  for (std::size_t self = 0; self < 4; ++self) {
    auto neighbours = others(4, self);
    int first = 0;
    for (std::uint32_t chunk = 0; chunk < 1'000; ++chunk)
      first += seeding_duty({peer(self), neighbours, 4, {}}, SequenceNumber{chunk / 8}, chunk % 8)
                   .after == 0ns;
    fail_unless(first > 200 && first < 300, "viewer %zu: %d", self, first);
  }
}
GST_END_TEST;

// Rule: among 10 000 viewers who see a few others each, the number of those who fetch at once is
// close to wanted_copies, and doubles with each step.
GST_START_TEST(a_large_swarm) {
  constexpr std::uint32_t population = 10'000;
  std::vector<PeerId> few{peer(20'001), peer(20'002), peer(20'003)};
  double at_once = 0, within_two_steps = 0;
  constexpr int chunks = 50;
  for (std::uint32_t chunk = 0; chunk < chunks; ++chunk)
    for (std::uint32_t self = 0; self < population; ++self) {
      auto after = seeding_duty({peer(self), few, population, {}}, SequenceNumber{5}, chunk).after;
      at_once += after == 0ns;
      within_two_steps += after <= 2 * widening_step;
    }
  fail_unless(std::abs(at_once / chunks - wanted_copies) < 0.6, "%f", at_once / chunks);
  fail_unless(std::abs(within_two_steps / chunks - 4 * wanted_copies) < 1.2, "%f",
              within_two_steps / chunks);
}
GST_END_TEST;

// Rule: a fixed share fetches at once whoever has the chunk; the others only when it is urgent.
GST_START_TEST(a_fixed_share) {
  int fetch = 0;
  for (std::uint32_t self = 0; self < 2'000; ++self) {
    auto duty = seeding_duty({peer(self), {}, 2'000, 0.15}, SequenceNumber{5}, 3);
    fetch += duty.whoever_has_it;
    fail_unless(duty.after == (duty.whoever_has_it ? 0ns : Duration::max()));
  }
  fail_unless(fetch > 240 && fetch < 360, "%d", fetch);
}
GST_END_TEST;

// Rule: who may not upload comes after all of its neighbours; alone it fetches at once.
GST_START_TEST(without_upload) {
  auto neighbours = others(4, 0);
  for (std::uint32_t chunk = 0; chunk < 20; ++chunk)
    fail_unless(seeding_duty({peer(0), neighbours, 4, {}, false}, SequenceNumber{5}, chunk).after ==
                3 * widening_step);
  fail_unless(seeding_duty({peer(0), {}, 1, {}, false}, SequenceNumber{5}, 0).after == 0ns);
}
GST_END_TEST;

static Suite* seeding_suite() {
  auto* suite = suite_create("seeding");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, one_fetcher_in_a_mesh);
  tcase_add_test(tcase, the_duty_goes_round);
  tcase_add_test(tcase, a_large_swarm);
  tcase_add_test(tcase, a_fixed_share);
  tcase_add_test(tcase, without_upload);
  return suite;
}

GST_CHECK_MAIN(seeding)
