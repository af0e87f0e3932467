// Small swarms in which everybody is connected to everybody, at the defaults.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {

/// A minute at the defaults, `count` viewers starting within ten seconds.
Figures minute(std::size_t count, std::uint64_t seed) {
  World world({seed});
  world.add(count, defaults(), 10s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  GST_INFO("%s", figures.text().c_str());
  check_right(world);
  return figures;
}

void check_ideal(std::size_t count) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto figures = minute(count, seed);
    auto text = figures.text();
    fail_unless(figures.segments >= 20, "%s", text.c_str());
    fail_unless(figures.copies_base >= 0.999 && figures.copies_base <= 1.05, "%s", text.c_str());
    fail_unless_equals_uint64(figures.starvations, 0);
    fail_unless(figures.duplicate_share < 0.01, "%s", text.c_str());
    fail_unless(figures.overhead_share < 0.03, "%s", text.c_str());
    fail_unless(figures.worst_delay <= 9s, "%s", text.c_str());
  }
}

} // namespace

// Rule: at the defaults the CDN sends the stream once, whether two, four or eight viewers watch.
GST_START_TEST(two_viewers) {
  check_ideal(2);
}
GST_END_TEST;
GST_START_TEST(four_viewers) {
  check_ideal(4);
}
GST_END_TEST;
GST_START_TEST(eight_viewers) {
  check_ideal(8);
}
GST_END_TEST;

static Suite* mesh_suite() {
  auto* suite = suite_create("mesh");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, two_viewers);
  tcase_add_test(tcase, four_viewers);
  tcase_add_test(tcase, eight_viewers);
  return suite;
}

GST_CHECK_MAIN(mesh)
