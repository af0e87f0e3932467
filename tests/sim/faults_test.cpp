// Services, CDN and encoder that fail.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

// Rule: without the tracker everybody plays from the CDN; when it is back, they meet.
GST_START_TEST(the_tracker_is_down_and_comes_back) {
  World world({1});
  world.tracker.down = true;
  world.add(4, defaults(), 2s);
  world.run_for(30s);
  for (const auto& viewer : world.viewers()) {
    fail_unless_equals_int(viewer->swarm().statistics().peers, 0);
    fail_unless(viewer->swarm().statistics().delivered_bytes > 5'000'000);
  }
  world.tracker.down = false;
  world.run_for(60s); // the longest wait between two tries, or a little more
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  check_right(world);
  for (const auto& viewer : world.viewers())
    fail_unless_equals_uint64(viewer->swarm().statistics().starvations, 0);
  fail_unless(figures.copies_base <= 1.05, "%s", text.c_str());
}
GST_END_TEST;

// Rule: who has met somebody does not need the tracker.
GST_START_TEST(the_tracker_dies_later) {
  World world({1});
  world.add(4, defaults(), 2s);
  world.run_for(20s);
  world.tracker.down = true;
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies_base <= 1.05);
}
GST_END_TEST;

// Rule: a tracker that counts viewers who are gone, or too few, costs no stall and few copies.
GST_START_TEST(the_population_is_wrong) {
  for (std::uint32_t claimed : {1u, 40u, 1'000u}) {
    World world({1});
    world.tracker.claims = claimed;
    world.add(6, defaults(), 6s);
    world.run_for(20s);
    world.begin_steady();
    world.run_for(60s);
    auto figures = world.figures();
    auto text = figures.text();
    GST_INFO("claimed %u: %s", claimed, text.c_str());
    fail_unless_equals_uint64(figures.starvations, 0);
    fail_unless(figures.copies_base <= 1.1, "claimed %u: %s", claimed, text.c_str());
  }
}
GST_END_TEST;

// Rule: a CDN that fails for three seconds stalls nobody.
GST_START_TEST(the_cdn_fails_for_a_while) {
  World world({2});
  world.add(4, defaults(), 2s);
  world.at(30s, [&] { world.cdn.fails = true; });
  world.at(32500ms, [&] { world.cdn.fails = false; });
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  GST_INFO("%s", figures.text().c_str());
  check_right(world);
  fail_unless(figures.starved < 4 * 2.5, "%s", figures.text().c_str());
}
GST_END_TEST;

// Rule: a server that answers every range with the whole segment is played all the same.
GST_START_TEST(the_cdn_ignores_ranges) {
  World world({2});
  world.cdn.ignores_ranges = true;
  world.add(4, defaults(), 2s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  check_right(world);
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies <= 4.0, "%s", text.c_str());
}
GST_END_TEST;

// Rule: an encoder that begins again from zero: everybody goes over to the new epoch, once, and no
// two versions are ever put together.
GST_START_TEST(the_encoder_begins_anew) {
  World world({3});
  world.add(4, defaults(), 2s);
  world.at(30s, [&] { world.cdn.restart_encoder(); });
  world.run_for(60s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  check_right(world);
  for (const auto& viewer : world.viewers()) {
    fail_unless_equals_int(viewer->breaks(), 2);
    fail_unless(viewer->played().contains({0, 1, 0}));
  }
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies_base <= 1.05, "%s", text.c_str());
}
GST_END_TEST;

// Rule: two edges with different bytes under one number: each viewer plays what its own serves,
// whole, and takes from those at the same edge.
GST_START_TEST(two_edges_disagree) {
  World world({4});
  world.cdn.on_second_edge = {1, 3};
  world.add(4, defaults(), 2s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  check_right(world);
  for (const auto& viewer : world.viewers()) {
    auto stats = viewer->swarm().statistics();
    fail_unless_equals_uint64(stats.starvations, 0);
    fail_unless(stats.peer_bytes > stats.delivered_bytes / 4, "viewer %zu: %lu of %lu",
                viewer->index(), static_cast<unsigned long>(stats.peer_bytes),
                static_cast<unsigned long>(stats.delivered_bytes));
  }
}
GST_END_TEST;

// Rule: what a viewer's own edge has lost, but another viewer has, comes from that viewer.
GST_START_TEST(an_edge_has_lost_segments) {
  World world({4});
  world.cdn.without_thirds = {1, 3};
  world.add(4, defaults(), 2s);
  world.run_for(20s);
  std::vector<std::uint64_t> delivered;
  for (const auto& viewer : world.viewers())
    delivered.push_back(viewer->swarm().statistics().delivered_bytes);
  world.run_for(60s);
  check_right(world);
  // All hand out as much: nothing is left out.
  for (std::size_t i = 0; i < delivered.size(); ++i) {
    auto bytes = world.viewers()[i]->swarm().statistics().delivered_bytes - delivered[i];
    auto whole = world.viewers()[0]->swarm().statistics().delivered_bytes - delivered[0];
    fail_unless(bytes > whole * 97 / 100, "viewer %zu: %lu of %lu", i,
                static_cast<unsigned long>(bytes), static_cast<unsigned long>(whole));
  }
}
GST_END_TEST;

// Rule: viewers whose NATs keep them apart play from the CDN, each its own copy, and do not try
// each other again and again; one who can be met by both serves them.
GST_START_TEST(a_pair_cannot_meet) {
  World world({1});
  auto settings = defaults();
  settings.access.nat = Nat::symmetric;
  world.add(2, settings, 1s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  fail_unless(figures.copies_base >= 1.99, "%s", text.c_str());
  fail_unless_equals_uint64(figures.starvations, 0);
  world.add(defaults());
  world.run_for(70s);
  fail_unless_equals_int(static_cast<int>(world.viewers()[2]->swarm().statistics().peers), 2);
  world.begin_steady();
  world.run_for(60s);
  fail_unless(world.figures().copies_base <= 1.5, "%s", world.figures().text().c_str());
}
GST_END_TEST;

static Suite* faults_suite() {
  auto* suite = suite_create("faults");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, the_tracker_is_down_and_comes_back);
  tcase_add_test(tcase, the_tracker_dies_later);
  tcase_add_test(tcase, the_population_is_wrong);
  tcase_add_test(tcase, the_cdn_fails_for_a_while);
  tcase_add_test(tcase, the_cdn_ignores_ranges);
  tcase_add_test(tcase, the_encoder_begins_anew);
  tcase_add_test(tcase, two_edges_disagree);
  tcase_add_test(tcase, an_edge_has_lost_segments);
  tcase_add_test(tcase, a_pair_cannot_meet);
  return suite;
}

GST_CHECK_MAIN(faults)
