// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/quality_choice.h"

#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace std::chrono_literals;
using viewer::QualityChoice;
using viewer::QualityView;

namespace {

constexpr core::Time start = core::Time{} + 100s;

QualityView at(std::size_t current, double megabits, core::Duration ahead = 6s) {
  return {{1'000'000, 2'000'000, 4'000'000}, current, megabits * 1e6, ahead, 4s, 2s};
}

/// What is wanted in the end, asked four times a second.
std::size_t after(QualityChoice& choice, core::Time& now, core::Duration time,
                  const QualityView& view) {
  std::size_t wanted = view.current;
  for (auto end = now + time; now < end && wanted == view.current; now += 250ms)
    wanted = choice.wanted(now, view);
  return wanted;
}

} // namespace

// Rule: what it began with was a guess; from there it goes as far as the link carries, as soon as
// that has lasted.
GST_START_TEST(up_at_first) {
  auto now = start;
  QualityChoice choice(now);
  fail_unless_equals_int(after(choice, now, 2s, at(0, 100)), 0);
  fail_unless_equals_int(after(choice, now, 500ms, at(0, 100)), 2);
  fail_unless_equals_int(after(choice, now, 500ms, at(0, 5.5)), 1);
  now = start;
  choice = QualityChoice(now);
  fail_unless_equals_int(after(choice, now, 60s, at(0, 2.7)), 0);
}
GST_END_TEST;

// Rule: then it goes up by one step, when the link has carried 1.4 times the next for two segments,
// and not within ten seconds of another change.
GST_START_TEST(up_one_step_and_rarely) {
  auto now = start;
  QualityChoice choice(now);
  choice.switched(now, true);
  fail_unless_equals_int(after(choice, now, 9750ms, at(0, 100)), 0);
  fail_unless_equals_int(after(choice, now, 1s, at(0, 100)), 1);
  choice.switched(now, false);
  auto switched = now;
  fail_unless_equals_int(after(choice, now, 20s, at(1, 100)), 2);
  fail_unless(now - switched >= 10s && now - switched < 11s);
}
GST_END_TEST;

GST_START_TEST(up_only_with_room) {
  auto now = start;
  QualityChoice choice(now);
  choice.switched(now, true);
  fail_unless_equals_int(after(choice, now, 60s, at(0, 2.7)), 0);
  fail_unless_equals_int(after(choice, now, 60s, at(0, 100, 3s)), 0);
  auto far = at(0, 100);
  far.behind = 31s;
  fail_unless_equals_int(after(choice, now, 60s, far), 0);
  auto starving = at(0, 100);
  starving.starving = true;
  fail_unless_equals_int(after(choice, now, 60s, starving), 0);
  // What was there for a moment only proves nothing.
  for (int i = 0; i < 10; ++i) {
    fail_unless_equals_int(after(choice, now, 3s, at(0, 2.9)), 0);
    fail_unless_equals_int(after(choice, now, 1s, at(0, 2.7)), 0);
  }
  fail_unless_equals_int(after(choice, now, 5s, at(0, 2.9)), 1);
  fail_unless_equals_int(after(choice, now, 60s, at(2, 100)), 2);
}
GST_END_TEST;

// Rule: where nothing is known of the link it tries one step when all has been well for twenty
// seconds, and after a step down or a try in vain not for a minute.
GST_START_TEST(up_by_trying) {
  auto now = start;
  QualityChoice choice(now);
  auto unknown = at(0, 0);
  unknown.throughput.reset();
  fail_unless_equals_int(after(choice, now, 20s, unknown), 0);
  fail_unless_equals_int(after(choice, now, 500ms, unknown), 1);
  choice.gave_up(now);
  fail_unless_equals_int(after(choice, now, 60s, unknown), 0);
  fail_unless_equals_int(after(choice, now, 500ms, unknown), 1);
  choice.switched(now, false);
  unknown.current = 1;
  fail_unless_equals_int(after(choice, now, 20s, unknown), 1);
  fail_unless_equals_int(after(choice, now, 500ms, unknown), 2);
  choice.switched(now, true);
  fail_unless_equals_int(after(choice, now, 60s, unknown), 1);
  fail_unless_equals_int(after(choice, now, 500ms, unknown), 2);
}
GST_END_TEST;

// Rule: a link that is known not to carry more is no reason to try, nor is anything that was not
// well in these twenty seconds.
GST_START_TEST(tries_only_when_all_is_well) {
  auto well = at(1, 0);
  well.throughput.reset();
  auto narrow = at(1, 5), late = well, little = well, far = well;
  late.starving = true;
  late.current = 0;
  little.ahead = 3s;
  far.behind = 31s;
  for (const auto& view : {narrow, late, little, far}) {
    auto now = start;
    QualityChoice choice(now);
    for (int i = 0; i < 10; ++i) {
      fail_unless(after(choice, now, 19s, well) == well.current);
      fail_unless(after(choice, now, 250ms, view) == view.current);
    }
    fail_unless(after(choice, now, 60s, view) == view.current);
  }
  auto highest = well;
  highest.current = 2;
  auto now = start;
  QualityChoice choice(now);
  fail_unless_equals_int(after(choice, now, 60s, highest), 2);
}
GST_END_TEST;

// Rule: it goes down at once to what the link carries, when little is ahead.
GST_START_TEST(down_at_once) {
  QualityChoice choice(start);
  fail_unless_equals_int(choice.wanted(start, at(2, 3, 3s)), 1);
  fail_unless_equals_int(choice.wanted(start, at(2, 1.5, 3s)), 0);
  fail_unless_equals_int(choice.wanted(start, at(2, 0.1, 3s)), 0);
  fail_unless_equals_int(choice.wanted(start, at(0, 0.1, 3s)), 0);
}
GST_END_TEST;

// Rule: it bears a link that is a little short while much is ahead, but not when the next segment
// would come too late.
GST_START_TEST(down_only_in_need) {
  QualityChoice choice(start);
  fail_unless_equals_int(choice.wanted(start, at(2, 3, 6s)), 2);   // takes 2.7 s of 5 s
  fail_unless_equals_int(choice.wanted(start, at(2, 1.5, 6s)), 0); // takes 5.3 s
  fail_unless_equals_int(choice.wanted(start, at(2, 4.5, 3s)), 2); // not short
}
GST_END_TEST;

// Rule: where other viewers are given time, little is ahead as long as all is well; less than
// enough says that it is not.
GST_START_TEST(little_on_purpose) {
  auto now = start;
  QualityChoice choice(now);
  auto view = at(2, 0.5, 2s);
  view.shared = true;
  view.enough = 2s;
  fail_unless_equals_int(choice.wanted(now, view), 2);
  view.ahead = 1900ms;
  fail_unless_equals_int(choice.wanted(now, view), 0);
  view = at(0, 100, 2s);
  view.shared = true;
  view.enough = 2s;
  fail_unless_equals_int(after(choice, now, 20s, view), 2);
}
GST_END_TEST;

// Rule: bytes that are late with a link that could carry them are no reason; with a link of which
// nothing is known they are, for one step.
GST_START_TEST(late_for_another_reason) {
  QualityChoice choice(start);
  auto view = at(2, 10, 0s);
  view.starving = true;
  fail_unless_equals_int(choice.wanted(start, view), 2);
  view.throughput = 4.2e6;
  fail_unless_equals_int(choice.wanted(start, view), 1);
  view.throughput.reset();
  fail_unless_equals_int(choice.wanted(start, view), 1);
}
GST_END_TEST;

// Rule: in a pause nothing is wanted, and what was well before proves nothing afterwards.
GST_START_TEST(nothing_in_a_pause) {
  auto now = start;
  QualityChoice choice(now);
  auto paused = at(1, 0.1, 1s);
  paused.paused = true;
  fail_unless_equals_int(after(choice, now, 60s, paused), 1);
  auto unknown = at(1, 0);
  unknown.throughput.reset();
  paused = unknown;
  paused.paused = true;
  fail_unless_equals_int(after(choice, now, 15s, unknown), 1);
  fail_unless_equals_int(after(choice, now, 60s, paused), 1);
  fail_unless_equals_int(after(choice, now, 15s, unknown), 1);
}
GST_END_TEST;

static Suite* quality_choice_suite() {
  auto* suite = suite_create("quality-choice");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, up_at_first);
  tcase_add_test(tcase, up_one_step_and_rarely);
  tcase_add_test(tcase, up_only_with_room);
  tcase_add_test(tcase, up_by_trying);
  tcase_add_test(tcase, tries_only_when_all_is_well);
  tcase_add_test(tcase, nothing_in_a_pause);
  tcase_add_test(tcase, down_at_once);
  tcase_add_test(tcase, down_only_in_need);
  tcase_add_test(tcase, little_on_purpose);
  tcase_add_test(tcase, late_for_another_reason);
  return suite;
}

GST_CHECK_MAIN(quality_choice)
