// When a live playlist is loaded again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/refresh.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

void due(const RefreshSchedule& schedule, RefreshSchedule::Instant expected) {
  fail_unless(schedule.next().has_value());
  fail_unless_equals_int64(schedule.next()->count(), expected.count());
}

} // namespace

// Rule: at once first; never two loads at a time.
GST_START_TEST(the_first_load_is_due_at_once) {
  RefreshSchedule schedule;
  fail_unless(*schedule.next() <= 0s);
  schedule.began(0s);
  fail_if(schedule.next().has_value());
}
GST_END_TEST;

// Rule: after news one target duration, after none half of it, both from the load's beginning.
GST_START_TEST(waits_are_from_the_beginning_of_a_load) {
  RefreshSchedule schedule;
  schedule.began(100s);
  schedule.loaded(true, 4s);
  due(schedule, 104s);
  schedule.began(105s);
  schedule.loaded(false, 4s);
  due(schedule, 107s);
}
GST_END_TEST;

// Rule: jitter only ever makes a wait longer, by a tenth at most.
GST_START_TEST(jitter_lengthens) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.loaded(true, 4s, 1.0);
  due(schedule, 4400ms);
  schedule.began(5s);
  schedule.loaded(true, 4s, -7.0);
  due(schedule, 9s);
}
GST_END_TEST;

// Rule: failures back off exponentially up to the target duration; a success ends that.
GST_START_TEST(failures_back_off) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.loaded(true, 2s);
  const RefreshSchedule::Duration waits[] = {250ms, 500ms, 1s, 2s, 2s, 2s};
  auto now = 10s + 0ns;
  for (auto wait : waits) {
    schedule.began(now);
    now += 3s; // a slow failure: the wait counts from it
    schedule.failed(now);
    due(schedule, now + wait);
    now += wait;
  }
  fail_unless_equals_int(schedule.failures(), 6);
  schedule.began(now);
  schedule.loaded(true, 2s);
  due(schedule, now + 2s);
  fail_unless_equals_int(schedule.failures(), 0);
  for (int i = 0; i < 100; ++i) {
    schedule.began(now);
    schedule.failed(now);
  }
  due(schedule, now + 2s);
}
GST_END_TEST;

// Rule: a load may be put off; a hint brings it forward all the same, and is known for one.
GST_START_TEST(put_off) {
  RefreshSchedule schedule;
  schedule.put_off(50s);
  due(schedule, 50s);
  schedule.began(100s);
  schedule.put_off(101s);
  fail_if(schedule.next().has_value());
  schedule.loaded(true, 4s);
  schedule.put_off(106s);
  due(schedule, 106s);
  fail_if(schedule.hinted());
  schedule.hint(105s);
  due(schedule, 105s);
  fail_unless(schedule.hinted());
  schedule.began(105s);
  schedule.loaded(true, 4s);
  fail_if(schedule.hinted());
}
GST_END_TEST;

// Rule: a hint brings the next load forward, but not nearer than 250 ms to the last.
GST_START_TEST(hints_bring_forward) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.loaded(true, 4s);
  schedule.hint(100ms);
  due(schedule, 250ms);
  schedule.hint(3s); // later than what is due already: nothing to gain
  due(schedule, 250ms);
  schedule.began(1s);
  schedule.loaded(true, 4s);
  schedule.hint(3s);
  due(schedule, 3s);
}
GST_END_TEST;

// Rule: an edge that stays stale is asked ever less often, down to the normal rhythm.
GST_START_TEST(idle_hints_fade) {
  RefreshSchedule schedule;
  auto now = 0s + 0ns;
  schedule.began(now);
  schedule.loaded(true, 4s);
  for (auto wait : {250ms, 500ms, 1000ms, 2000ms, 2000ms}) {
    schedule.hint(now);
    due(schedule, now + wait);
    now += wait;
    schedule.began(now);
    schedule.loaded(false, 4s);
    due(schedule, now + 2s);
  }
  schedule.began(now);
  schedule.loaded(true, 4s);
  schedule.hint(now);
  due(schedule, now + 250ms);
}
GST_END_TEST;

// Rule: a hint during a load counts when that load brings nothing new.
GST_START_TEST(hints_during_a_load) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.hint(10ms);
  fail_if(schedule.next().has_value());
  schedule.loaded(false, 4s);
  due(schedule, 250ms);
  schedule.began(1s);
  schedule.hint(1s);
  schedule.loaded(true, 4s);
  due(schedule, 5s);
}
GST_END_TEST;

// Rule: hints do not undo the backoff.
GST_START_TEST(hints_wait_while_loads_fail) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.loaded(true, 4s);
  for (int i = 0; i < 4; ++i) {
    schedule.began(10s);
    schedule.failed(10s);
  }
  schedule.hint(10s);
  due(schedule, 12s);
}
GST_END_TEST;

// Rule: a dated playlist is loaded when its next segment is expected, whatever the phase of the
// first load.
GST_START_TEST(expected_news) {
  RefreshSchedule schedule;
  schedule.began(100s);
  schedule.loaded(true, 2s);
  schedule.expect_next(700ms, 2s);
  due(schedule, 101'380ms); // 1.3 s to the end of the next one, and the margin
  schedule.began(102s);
  schedule.loaded(true, 2s);
  schedule.expect_next(1900ms, 2s);
  due(schedule, 103s); // not before half a target duration
}
GST_END_TEST;

// Rule: how late segments are listed is learnt from a load that came too early.
GST_START_TEST(late_listings_are_learnt) {
  RefreshSchedule schedule;
  schedule.began(100s);
  schedule.loaded(false, 2s);
  schedule.expect_next(2400ms, 2s);
  due(schedule, 101s);
  schedule.began(101s);
  schedule.loaded(true, 2s);
  schedule.expect_next(1400ms, 2s);
  due(schedule, 101s + 600ms + 395ms + 80ms);
}
GST_END_TEST;

// Rule: dates of a clock that is off do not count.
GST_START_TEST(senseless_dates) {
  for (auto age : {-1s, 60s}) {
    RefreshSchedule schedule;
    schedule.began(100s);
    schedule.loaded(true, 2s);
    schedule.expect_next(age, 2s);
    due(schedule, 102s);
  }
}
GST_END_TEST;

// Rule: after the end nothing is due, whatever else happens.
GST_START_TEST(the_end_is_final) {
  RefreshSchedule schedule;
  schedule.began(0s);
  schedule.loaded(true, 4s);
  schedule.ended();
  schedule.hint(1s);
  schedule.began(1s);
  schedule.loaded(false, 4s);
  schedule.failed(2s);
  fail_if(schedule.next().has_value());
}
GST_END_TEST;

static Suite* refresh_suite() {
  auto* suite = suite_create("refresh");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_first_load_is_due_at_once);
  tcase_add_test(tcase, waits_are_from_the_beginning_of_a_load);
  tcase_add_test(tcase, jitter_lengthens);
  tcase_add_test(tcase, failures_back_off);
  tcase_add_test(tcase, put_off);
  tcase_add_test(tcase, hints_bring_forward);
  tcase_add_test(tcase, idle_hints_fade);
  tcase_add_test(tcase, hints_during_a_load);
  tcase_add_test(tcase, hints_wait_while_loads_fail);
  tcase_add_test(tcase, expected_news);
  tcase_add_test(tcase, late_listings_are_learnt);
  tcase_add_test(tcase, senseless_dates);
  tcase_add_test(tcase, the_end_is_final);
  return suite;
}

GST_CHECK_MAIN(refresh)
