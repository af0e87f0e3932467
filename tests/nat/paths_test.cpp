// What becomes of a connection whose path is poor, or ends.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "attempt.h"
#include "nat_main.h"

#include <cstdio>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Access;
using test::Attempt;
using test::Internet;
using test::NetworkNamespace;
using test::Speaker;

namespace {

/// How long after the last message, in milliseconds, it says that the connection is closed.
int closed_after(Speaker& speaker) {
  while (auto line = speaker.line(8s))
    if (line->starts_with("closed ")) {
      std::printf("  %s\n", line->c_str());
      return std::stoi(line->substr(7));
    }
  return 99'999;
}

} // namespace

// Rule: with 15 of 1 000 datagrams lost each way and 20 Mbit/s, all that is sent arrives.
GST_START_TEST(a_poor_path) {
  Internet internet;
  auto one = internet.add_site(Access::restricted), other = internet.add_site(Access::restricted);
  one.lose_udp(15);
  one.limit_rate(20);
  other.limit_rate(20);
  constexpr std::uint64_t bytes = 8'000'000;
  Attempt attempt(internet, one.host(), other.host(), bytes);
  auto outcome = attempt.finish(60s);
  fail_unless(outcome.connected, "%s", outcome.reason.c_str());
  std::printf("1.5 %% loss, 20 Mbit/s, 8 MB each way at once: %.1f Mbit/s and %.1f Mbit/s\n",
              bytes * 8e-3 / outcome.transfer_milliseconds[0],
              bytes * 8e-3 / outcome.transfer_milliseconds[1]);
  std::fflush(stdout);
}
GST_END_TEST;

// Rule: when UDP is blocked while data flow, both ends notice within five seconds.
GST_START_TEST(a_path_that_ends) {
  Internet internet;
  auto one = internet.add_site(Access::restricted), other = internet.add_site(Access::full_cone);
  Attempt attempt(internet, one.host(), other.host(), 0);
  auto outcome = attempt.finish();
  fail_unless(outcome.connected, "%s", outcome.reason.c_str());
  one.block_udp();
  fail_unless(closed_after(attempt.offerer()) <= 5'000);
  fail_unless(closed_after(attempt.answerer()) <= 5'000);
}
GST_END_TEST;

// Rule: a peer behind a NAT that vanishes is noticed within five seconds.
GST_START_TEST(a_peer_that_vanishes) {
  Internet internet;
  auto one = internet.add_site(Access::restricted), other = internet.add_site(Access::full_cone);
  Attempt attempt(internet, one.host(), other.host(), 0);
  auto outcome = attempt.finish();
  fail_unless(outcome.connected, "%s", outcome.reason.c_str());
  attempt.answerer().process().kill();
  fail_unless(closed_after(attempt.offerer()) <= 5'000);
}
GST_END_TEST;

static Suite* nat_paths_suite() {
  auto* suite = suite_create("nat_paths");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 90);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_poor_path);
  tcase_add_test(tcase, a_path_that_ends);
  tcase_add_test(tcase, a_peer_that_vanishes);
  return suite;
}

P2PLIVE_NAT_MAIN(nat_paths)
