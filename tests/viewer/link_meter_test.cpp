// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/link_meter.h"

#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace std::chrono_literals;
using viewer::LinkMeter;

namespace {

struct Link {
  core::Time now = core::Time{} + 100s;
  LinkMeter meter{now};

  /// A request that brings so much, evenly, in steps of 10 ms.
  void fetch(core::Duration time, std::size_t bytes) {
    meter.began(now);
    auto steps = time / 10ms;
    for (auto i = 0; i < steps; ++i) {
      now += 10ms;
      meter.came(now, bytes / static_cast<std::size_t>(steps));
    }
    meter.ended(now);
  }
  /// Megabits a second; 0: not known.
  double throughput() { return meter.throughput(now).value_or(0) / 1e6; }
};

bool is_about(double value, double wanted) {
  return value > wanted * 0.95 && value < wanted * 1.05;
}

} // namespace

// Rule: the time in which nothing is asked for does not count.
GST_START_TEST(only_busy_time_counts) {
  Link link;
  fail_unless(link.throughput() == 0);
  for (int i = 0; i < 5; ++i) {
    link.fetch(100ms, 100'000); // 8 Mbit/s
    link.now += 900ms;
  }
  fail_unless(is_about(link.throughput(), 8), "%.2f", link.throughput());
}
GST_END_TEST;

// Rule: a link that gets narrow is noticed within about a second, also while the first request
// through it is under way and nothing comes at all.
GST_START_TEST(a_narrow_link_is_noticed) {
  for (std::size_t rate : {0u, 50'000u}) {
    Link link;
    for (int i = 0; i < 10; ++i) {
      link.fetch(10ms, 100'000); // 80 Mbit/s
      link.now += 990ms;
    }
    link.meter.began(link.now);
    for (int i = 0; i < 130; ++i) {
      link.now += 10ms;
      link.meter.came(link.now, rate / 100);
    }
    fail_unless(link.throughput() <= 0.41, "%.2f", link.throughput());
  }
}
GST_END_TEST;

// Rule: a short burst is not believed.
GST_START_TEST(a_burst_is_not_believed) {
  Link link;
  link.fetch(8s, 800'000);
  link.fetch(1s, 1'000'000);
  fail_unless(link.throughput() < 2, "%.2f", link.throughput());
}
GST_END_TEST;

// Rule: what was measured long ago is not known any more.
GST_START_TEST(old_figures_are_forgotten) {
  Link link;
  link.fetch(1s, 1'000'000);
  fail_unless(is_about(link.throughput(), 8), "%.2f", link.throughput());
  link.now += 11s;
  fail_unless(link.throughput() == 0, "%.2f", link.throughput());
  link.now += 1h;
  link.fetch(1s, 500'000);
  fail_unless(is_about(link.throughput(), 4), "%.2f", link.throughput());
}
GST_END_TEST;

// Rule: what others sent while something was asked for came over the same link; what they sent
// otherwise says nothing.
GST_START_TEST(what_viewers_send_counts_beside) {
  Link link;
  link.meter.came_beside(link.now, 0);
  link.fetch(1s, 500'000);
  link.meter.came_beside(link.now, 500'000);
  fail_unless(is_about(link.throughput(), 8), "%.2f", link.throughput());
  link.now += 1s;
  link.meter.came_beside(link.now, 500'000);
  fail_unless(is_about(link.throughput(), 8), "%.2f", link.throughput());
}
GST_END_TEST;

// Rule: requests at the same time share the link.
GST_START_TEST(requests_share_the_link) {
  Link link;
  link.meter.began(link.now);
  link.fetch(1s, 500'000);
  link.meter.ended(link.now);
  fail_unless(is_about(link.throughput(), 4), "%.2f", link.throughput());
}
GST_END_TEST;

static Suite* link_meter_suite() {
  auto* suite = suite_create("link-meter");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, only_busy_time_counts);
  tcase_add_test(tcase, a_narrow_link_is_noticed);
  tcase_add_test(tcase, a_burst_is_not_believed);
  tcase_add_test(tcase, old_figures_are_forgotten);
  tcase_add_test(tcase, what_viewers_send_counts_beside);
  tcase_add_test(tcase, requests_share_the_link);
  return suite;
}

GST_CHECK_MAIN(link_meter)
