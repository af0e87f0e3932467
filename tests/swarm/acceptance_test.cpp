// The main job at its defaults, three runs in a row: what a release has to show.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"
#include "swarm_run.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::processes;
using namespace p2plive::tests;
using namespace std::chrono_literals;

// Rule: four viewers who decode: offload >= 0.60 in the steady window (0.75 is the most possible),
// no stall, a delay of at most 9 s, and everybody got what the CDN serves.
GST_START_TEST(four_viewers_share_one_copy) {
  TemporaryDirectory folder("p2plive-test");
  auto run = start_swarm(folder.path(),
                         {"--viewers", "4", "--seconds", "75", "--steady", "20", "--verify"});
  auto how = run.wait(240s);
  auto log = contents(folder / "log");
  fail_unless(how && how->exit_code == 0, "%s", log.c_str());
  fail_unless(figure(folder.path(), "valid") == "true", "%s", log.c_str());
  fail_unless(figure(folder.path(), "verified_viewers") == "4", "%s", log.c_str());
  auto offload = steady_figure(folder.path(), "offload");
  auto delay = steady_figure(folder.path(), "delay_s");
  fail_unless(offload >= 0.60, "offload %.2f", offload);
  fail_unless(delay <= 9, "delay %.2f s", delay);
}
GST_END_TEST;

static Suite* acceptance_suite() {
  auto* suite = suite_create("acceptance");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 300);
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, four_viewers_share_one_copy, 0, 3);
  return suite;
}

GST_CHECK_MAIN(acceptance)
