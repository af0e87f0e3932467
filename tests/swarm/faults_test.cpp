// Pull any plug while a swarm plays: nobody stalls, and everybody gets what the CDN serves.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"
#include "swarm_run.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::processes;
using namespace p2plive::tests;
using namespace std::chrono_literals;

// Nobody decodes: the sinks keep the clock all the same, and six viewers fit on a small machine.
static void expect_undisturbed(TemporaryDirectory& folder, const char* viewers) {
  auto log = contents(folder / "log");
  fail_unless(figure(folder.path(), "stalls") == "0", "%s", log.c_str());
  fail_unless(figure(folder.path(), "verified_viewers") == viewers, "%s", log.c_str());
  fail_unless(figure(folder.path(), "verify_faults") == "[]", "%s", log.c_str());
}

// Rule: the broker, the server, STUN and two viewers, in the middle of whatever they were sending,
// die one after the other; the others play on, and go on sharing.
GST_START_TEST(killing_everything_in_turn_stalls_nobody) {
  TemporaryDirectory folder("p2plive-test");
  auto run = start_swarm(folder.path(), {"--viewers", "6", "--no-decode", "--verify", "--seconds",
                                         "54", "--steady", "12", "--fault",
                                         "mosquitto@12,server@18,coturn@24,viewer@30,viewer@36"});
  fail_unless(run.wait(200s).has_value());
  expect_undisturbed(folder, "6");
  auto offload = steady_figure(folder.path(), "offload");
  fail_unless(offload > 0.5, "offload %.2f", offload);
}
GST_END_TEST;

// Rule: with all services dead from the start the stream plays from the CDN; when they are there,
// viewers find each other.
GST_START_TEST(services_that_come_late_are_joined) {
  TemporaryDirectory folder("p2plive-test");
  auto run = start_swarm(folder.path(), {"--viewers", "3", "--no-decode", "--verify", "--seconds",
                                         "50", "--steady", "12", "--services-from", "10"});
  fail_unless(run.wait(200s).has_value());
  expect_undisturbed(folder, "3");
  auto shared = std::stod(figure(folder.path(), "peer_bytes"));
  fail_unless(shared > 1e6, "%.0f bytes came from viewers", shared);
}
GST_END_TEST;

static Suite* faults_suite() {
  auto* suite = suite_create("faults");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 300);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, killing_everything_in_turn_stalls_nobody);
  tcase_add_test(tcase, services_that_come_late_are_joined);
  return suite;
}

GST_CHECK_MAIN(faults)
