// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/seeding.h"

#include "core_test.h"

#include <cmath>
#include <set>
#include <vector>

namespace {

Seeder seeder(std::size_t number, double weight = 1) {
  return {peer(number), weight};
}

std::vector<Seeder> others(std::size_t count, std::size_t self) {
  std::vector<Seeder> out;
  for (std::size_t i = 0; i < count; ++i)
    if (i != self)
      out.push_back(seeder(i));
  return out;
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
            {seeder(self), neighbours, static_cast<std::uint32_t>(chunk % 2 ? count : 1), {}},
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
      first += seeding_duty({seeder(self), neighbours, 4, {}}, SequenceNumber{chunk / 8}, chunk % 8)
                   .after == 0ns;
    fail_unless(first > 200 && first < 300, "viewer %zu: %d", self, first);
  }
}
GST_END_TEST;

// Rule: among 10 000 viewers who see a few others each, the number of those who fetch at once is
// close to wanted_copies; once these have had time to spread, it doubles with each step.
GST_START_TEST(a_large_swarm) {
  constexpr std::uint32_t population = 10'000;
  std::vector<Seeder> few{seeder(20'001), seeder(20'002), seeder(20'003)};
  auto hops = std::log(population) / std::log(5);
  double at_once = 0, early = 0, later = 0;
  constexpr int chunks = 50;
  for (std::uint32_t chunk = 0; chunk < chunks; ++chunk)
    for (std::uint32_t self = 0; self < population; ++self) {
      auto after =
          seeding_duty({seeder(self), few, population, {}}, SequenceNumber{5}, chunk).after;
      at_once += after == 0ns;
      early += after > 0ns && after < (hops - 0.01) * widening_step;
      later += after <= (hops + 1.01) * widening_step;
    }
  fail_unless(std::abs(at_once / chunks - wanted_copies) < 0.6, "%f", at_once / chunks);
  fail_unless(early == 0);
  fail_unless(std::abs(later / chunks - 4 * wanted_copies) < 1.2, "%f", later / chunks);
}
GST_END_TEST;

// Rule: who uploads more fetches more often, as the square of its uplink up to eight bitrates; the
// copies stay as many.
GST_START_TEST(the_strong_come_first) {
  fail_unless(seeding_weight(4e5, 0, 2e5) == 4);
  fail_unless(seeding_weight(1e5, 0, 2e5) == 0.25);
  fail_unless(seeding_weight(1e9, 0, 2e5) == 64 && seeding_weight(2e9, 0, 2e5) == 64);
  fail_unless(seeding_weight(0, 0, 2e5) == 16 && seeding_weight(1e6, 0, 0) == 16);
  fail_unless(seeding_weight(1, 0, 2e5) > 0);
  fail_unless(seeding_weight(4e5, 50, 2e5) == 1); // only half of the others can come and get it

  // In a mesh: one of weight four beside four of weight one gets half of the chunks.
  std::vector<Seeder> weak{seeder(1), seeder(2), seeder(3), seeder(4)};
  int first = 0;
  for (std::uint32_t chunk = 0; chunk < 1'000; ++chunk)
    first += seeding_duty({seeder(0, 4), weak, 5, {}}, SequenceNumber{chunk}, 0).after == 0ns;
  fail_unless(first > 440 && first < 560, "%d", first);

  // In a large swarm where one in ten has weight 64: nine tenths of the copies are theirs.
  std::vector<Seeder> near;
  for (std::size_t i = 0; i < 19; ++i)
    near.push_back(seeder(20'000 + i, i % 10 == 0 ? 64 : 1));
  double by_strong = 0, by_weak = 0;
  for (std::uint32_t self = 0; self < 100'000; ++self) {
    bool strong = self % 10 == 0;
    auto duty =
        seeding_duty({seeder(self, strong ? 64 : 1), near, 1'000, {}}, SequenceNumber{5}, 0);
    (strong ? by_strong : by_weak) += duty.after == 0ns;
  }
  fail_unless(by_strong > 4 * by_weak, "%f and %f", by_strong, by_weak);
  auto copies = (by_strong + by_weak) / 100;
  fail_unless(copies > 0.6 * wanted_copies && copies < 1.5 * wanted_copies, "%f", copies);
}
GST_END_TEST;

// Rule: where the tracker appoints viewers, exactly one of them fetches a chunk at once, three more
// stand by a step after each other when it has had time to come near them, and nobody else comes
// before these have had their time. Each of them gets its share.
GST_START_TEST(the_appointed_fetch) {
  constexpr std::uint8_t places = 16;
  std::vector<Seeder> near{seeder(20'001), seeder(20'002), seeder(20'003)};
  auto hops = std::log(1'000) / std::log(5);
  std::vector<int> first(places);
  for (std::uint32_t chunk = 0; chunk < 800; ++chunk) {
    std::multiset<Duration> early;
    for (std::uint8_t place = 0; place <= places; ++place) {
      SeedingView view{seeder(place), near, 1'000, {}};
      view.appointed = {places, place};
      auto after = seeding_duty(view, SequenceNumber{chunk / 16}, chunk % 16).after;
      if (after < (hops + 3.99) * widening_step)
        early.insert(after);
      else
        fail_unless(place == 0 || after > (hops + 3.99) * widening_step);
      if (after == 0ns)
        ++first.at(place - 1u);
    }
    fail_unless_equals_int(early.size(), 4);
    fail_unless(*early.begin() == 0ns);
    auto rank = 0;
    for (auto after = std::next(early.begin()); after != early.end(); ++after)
      fail_unless(std::abs(seconds(*after) - (hops + ++rank) * seconds(widening_step)) < 0.001);
  }
  for (auto count : first)
    fail_unless(count > 20 && count < 90, "%d of 800", count);
}
GST_END_TEST;

// Rule: of a swarm in which some are connected to nearly everybody and others are not, all go by
// what the tracker has appointed, or those who are would fetch, too. In a small one nobody needs
// it.
GST_START_TEST(one_rule_for_all) {
  std::vector<Seeder> near;
  for (std::uint64_t i = 1; i < 60; ++i)
    near.push_back(seeder(1'000 + i));
  unsigned at_once = 0, of_few = 0;
  for (std::uint32_t chunk = 0; chunk < 1'000; ++chunk) {
    SeedingView view{seeder(1), near, 100, {}};
    view.appointed = {16, 0};
    at_once += seeding_duty(view, SequenceNumber{1}, chunk).after == 0ns;
    view.neighbours = std::span(near).first(19);
    view.population = 20;
    of_few += seeding_duty(view, SequenceNumber{1}, chunk).after == 0ns;
  }
  fail_unless_equals_int(at_once, 0);
  fail_unless(of_few > 25 && of_few < 75, "%u of 1000", of_few);
}
GST_END_TEST;

// Rule: a fixed share fetches at once whoever has the chunk; the others only when it is urgent.
GST_START_TEST(a_fixed_share) {
  int fetch = 0;
  for (std::uint32_t self = 0; self < 2'000; ++self) {
    auto duty = seeding_duty({seeder(self), {}, 2'000, 0.15}, SequenceNumber{5}, 3);
    fetch += duty.whoever_has_it;
    fail_unless(duty.after == (duty.whoever_has_it ? 0ns : Duration::max()));
  }
  fail_unless(fetch > 240 && fetch < 360, "%d", fetch);
}
GST_END_TEST;

// Rule: who may not upload leaves it to those who do, until it is urgent; alone it fetches at once.
GST_START_TEST(without_upload) {
  auto neighbours = others(4, 0);
  for (std::uint32_t chunk = 0; chunk < 20; ++chunk)
    fail_unless(
        seeding_duty({seeder(0), neighbours, 4, {}, false}, SequenceNumber{5}, chunk).after ==
        Duration::max());
  fail_unless(seeding_duty({seeder(0), {}, 1, {}, false}, SequenceNumber{5}, 0).after == 0ns);
}
GST_END_TEST;

static Suite* seeding_suite() {
  auto* suite = suite_create("seeding");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, one_fetcher_in_a_mesh);
  tcase_add_test(tcase, the_duty_goes_round);
  tcase_add_test(tcase, a_large_swarm);
  tcase_add_test(tcase, the_strong_come_first);
  tcase_add_test(tcase, the_appointed_fetch);
  tcase_add_test(tcase, one_rule_for_all);
  tcase_add_test(tcase, a_fixed_share);
  tcase_add_test(tcase, without_upload);
  return suite;
}

GST_CHECK_MAIN(seeding)
