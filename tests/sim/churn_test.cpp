// Viewers who come and go.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {

/// The first two stay.
SimViewer* someone_watching(World& world, std::size_t nth) {
  std::vector<SimViewer*> watching;
  for (const auto& viewer : world.viewers())
    if (viewer->watching() && viewer->index() >= 2)
      watching.push_back(viewer.get());
  return watching.empty() ? nullptr : watching[nth % watching.size()];
}

/// Every 15 s two leave, every other time without a word, and two join.
void churn(World& world, Duration every, int rounds) {
  for (int round = 0; round < rounds; ++round)
    world.at(every * (round + 1), [&world, round] {
      for (std::size_t i = 0; i < 2; ++i)
        if (auto* viewer = someone_watching(world, static_cast<std::size_t>(round) * 3 + i * 2)) {
          if (round % 2)
            viewer->kill();
          else
            viewer->leave();
        }
      world.add(2, defaults(), 1s);
    });
}

} // namespace

// Rule: two of six leave and two join every 15 s, and nobody is short of a byte.
GST_START_TEST(two_of_six_leave_and_join) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world({seed});
    world.add(6, defaults(), 6s);
    world.run_for(10s);
    churn(world, 15s, 6);
    world.begin_steady();
    world.run_for(100s);
    check_right(world);
    for (const auto& viewer : world.viewers())
      fail_unless_equals_uint64(viewer->swarm().statistics().starvations, 0);
    GST_INFO("%s", world.figures().text().c_str());
  }
}
GST_END_TEST;

// Rule: a viewer that is killed in the middle of what it gives costs nobody a stall, and the CDN
// not much more than one copy.
GST_START_TEST(a_seeder_is_killed) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world({seed});
    world.add(5, defaults(), 5s);
    // In the middle of a fetch: shortly after a segment was listed.
    world.at(30s + 85ms, [&world] { world.viewers()[1]->kill(); });
    world.run_for(20s);
    world.begin_steady();
    world.run_for(60s);
    auto figures = world.figures();
    auto text = figures.text();
    check_right(world);
    fail_unless_equals_uint64(figures.starvations, 0);
    fail_unless(figures.copies_base <= 1.1, "%s", text.c_str());
    GST_INFO("%s", text.c_str());
  }
}
GST_END_TEST;

// Rule: who leaves says so, and is gone from everybody's neighbours at once.
GST_START_TEST(a_viewer_leaves) {
  World world({1});
  world.add(4, defaults(), 2s);
  world.run_for(20s);
  world.viewers()[2]->leave();
  world.run_for(500ms);
  for (std::size_t i : {0, 1, 3})
    fail_unless_equals_int(world.viewers()[i]->swarm().statistics().peers, 2);
}
GST_END_TEST;

// Rule: many who start within the same second meet, and then one copy is enough.
GST_START_TEST(all_start_within_a_second) {
  World world({7});
  world.add(8, defaults(), 1s);
  world.run_for(15s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  check_right(world);
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies_base <= 1.05, "%s", text.c_str());
}
GST_END_TEST;

static Suite* churn_suite() {
  auto* suite = suite_create("churn");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, two_of_six_leave_and_join);
  tcase_add_test(tcase, a_seeder_is_killed);
  tcase_add_test(tcase, a_viewer_leaves);
  tcase_add_test(tcase, all_start_within_a_second);
  return suite;
}

GST_CHECK_MAIN(churn)
