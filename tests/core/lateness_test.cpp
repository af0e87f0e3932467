// Players that have fallen behind: by a pause, or because the CDN failed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtual_player.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::test;

namespace {

constexpr Duration target = VirtualCdn::segment;

Settings keeping_all() {
  Settings settings;
  settings.late = Late::keep;
  return settings;
}

void pause(VirtualPlayer& player, Duration time) {
  player.plays = false;
  player.run_for(time);
  player.plays = true;
}

} // namespace

// Rule: a pause leaves what is shown later by as much, and nothing out, up to live-delay and one
// target duration; beyond it late=skip jumps at the next segment boundary.
GST_START_TEST(pauses_add_up) {
  VirtualCdn cdn({});
  VirtualPlayer player(cdn);
  player.run_for(20s);
  auto before = player.delay();
  fail_unless(before > 7500ms && before <= 8100ms, "%.2f", seconds(before));
  pause(player, 1500ms);
  player.run_for(20s);
  fail_unless_equals_int(player.breaks, 0);
  auto late = player.delay() - before;
  fail_unless(late > 1400ms && late < 1600ms, "%.2f", seconds(late));
  pause(player, 1s);
  player.run_for(2 * target + 500ms);
  fail_unless_equals_int(player.breaks, 1);
  player.run_for(20s);
  fail_unless_equals_int(player.breaks, 1);
  fail_unless(player.delay() > 8s - target && player.delay() <= 8600ms, "%.2f",
              seconds(player.delay()));
  fail_unless(cdn.in_order());
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
}
GST_END_TEST;

// Rule: however long a pause is, playback goes on after it, at the live delay.
GST_START_TEST(a_pause_of_minutes) {
  VirtualCdn cdn({});
  cdn.step = 20ms;
  VirtualPlayer player(cdn);
  player.run_for(20s);
  pause(player, 150s);
  player.run_for(20s);
  fail_unless(cdn.others.empty(), "it ended");
  fail_unless_equals_int(player.breaks, 1);
  fail_unless(player.delay() > 8s - target && player.delay() <= 8s + target, "%.2f",
              seconds(player.delay()));
  fail_unless(cdn.in_order());
}
GST_END_TEST;

// Rule: with late=keep nothing is left out, and what is shown stays late.
GST_START_TEST(late_is_kept) {
  VirtualCdn cdn(keeping_all());
  cdn.step = 20ms;
  VirtualPlayer player(cdn);
  player.run_for(20s);
  auto before = player.delay();
  pause(player, 30s);
  player.run_for(60s);
  fail_unless_equals_int(player.breaks, 0);
  auto late = player.delay() - before;
  fail_unless(late > 29500ms && late < 30500ms, "%.2f", seconds(late));
  fail_unless(cdn.in_order());
}
GST_END_TEST;

// Rule: late=keep ends where the CDN no longer has what comes next: one break, and on it goes.
GST_START_TEST(late_until_the_window_is_lost) {
  VirtualCdn cdn(keeping_all());
  cdn.keeps_segments = 12;
  cdn.step = 20ms;
  VirtualPlayer player(cdn);
  player.run_for(20s);
  pause(player, 200s);
  player.run_for(100s);
  fail_unless(player.breaks > 0, "nothing was lost");
  fail_unless_equals_int(player.breaks, 1);
  fail_unless(cdn.in_order());
  fail_unless(player.delay() < 30s, "%.2f", seconds(player.delay()));
}
GST_END_TEST;

// Rule: a stall makes late as a pause does. What the window has in store is not a stall.
GST_START_TEST(a_stall_is_made_up_for) {
  VirtualCdn cdn({});
  VirtualPlayer player(cdn);
  player.run_for(60s);
  cdn.fails = true;
  player.run_for(3s);
  cdn.fails = false;
  player.run_for(20s);
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
  fail_unless_equals_int(player.breaks, 0);
  cdn.fails = true;
  player.run_for(14s);
  cdn.fails = false;
  player.run_for(20s);
  fail_unless(cdn.swarm.statistics().starvations > 0);
  fail_unless_equals_int(player.breaks, 1);
  fail_unless(player.skipped >= target);
  fail_unless(player.delay() <= 8s + target, "%.2f", seconds(player.delay()));
  fail_unless(cdn.in_order());
}
GST_END_TEST;

static Suite* lateness_suite() {
  auto* suite = suite_create("lateness");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, pauses_add_up);
  tcase_add_test(tcase, a_pause_of_minutes);
  tcase_add_test(tcase, late_is_kept);
  tcase_add_test(tcase, late_until_the_window_is_lost);
  tcase_add_test(tcase, a_stall_is_made_up_for);
  return suite;
}

GST_CHECK_MAIN(lateness)
