// Who looks at the playlist in a large audience, and what is missed by those who do not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {

/// Fifty viewers: more than are appointed, so that most may leave the playlist to others.
void add_fifty(World& world) {
  world.add(50, defaults(), 5s);
}

} // namespace

// Rule: in a large audience most looks at the playlist are left to others, and that costs nothing;
// in a small one everybody looks at every segment.
GST_START_TEST(most_looks_are_left) {
  World world({1, {.bitrate = 500'000}});
  add_fifty(world);
  world.run_for(40s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  check_right(world);
  // A third is appointed, and always looks; of the others a quarter.
  fail_unless(figures.polls_per_segment > 0.4 && figures.polls_per_segment < 0.6, "%.3f",
              figures.polls_per_segment);
  fail_unless(figures.copies_base <= 1.3, "%s", text.c_str());
  fail_unless_equals_uint64(figures.starvations, 0);
  World small({1, {.bitrate = 500'000}});
  small.add(20, defaults(), 5s);
  small.run_for(40s);
  small.begin_steady();
  small.run_for(30s);
  fail_unless(small.figures().polls_per_segment > 0.95);
}
GST_END_TEST;

// Rule: an encoder that begins anew, is noticed by all, within the time
// that one segment is waited for.
GST_START_TEST(what_only_the_playlist_shows) {
  World world({2, {.bitrate = 500'000}});
  add_fifty(world);
  world.run_for(45s);
  world.cdn.restart_encoder();
  world.run_for(40s);
  check_right(world);
  for (const auto& viewer : world.viewers()) {
    fail_unless_equals_int(viewer->breaks(), 2);
    fail_unless(viewer->played().contains({0, 1, 0}));
  }
  for (const auto& viewer : world.viewers())
    fail_unless(viewer->played().contains({10, 1, 0}));
}
GST_END_TEST;

static Suite* listing_suite() {
  auto* suite = suite_create("listing");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, most_looks_are_left);
  tcase_add_test(tcase, what_only_the_playlist_shows);
  return suite;
}

GST_CHECK_MAIN(listing)
