// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/offences.h"

#include "core_test.h"

namespace {

/// How many of them it takes, with such pauses; `at_most` if they never are too many.
int until_too_many(Duration pause, int at_most) {
  Offences offences;
  int count = 1;
  for (auto now = start; !offences.note(now) && count < at_most; now += pause)
    ++count;
  return count;
}

} // namespace

// Rule: so many at a time are put up with, and no more.
GST_START_TEST(too_many) {
  fail_unless_equals_int(until_too_many(0s, 1'000), 21);
}
GST_END_TEST;

// Rule: one in a while is forgotten, for as long as viewers stay together; two in that time are
// not.
GST_START_TEST(forgotten_in_time) {
  fail_unless_equals_int(until_too_many(60s, 1'000), 1'000);
  auto twice_as_often = until_too_many(30s, 1'000);
  fail_unless(twice_as_often > 21 && twice_as_often < 45, "%d", twice_as_often);
}
GST_END_TEST;

// Rule: a long time without any does not make room for more at a time.
GST_START_TEST(no_credit) {
  Offences offences;
  fail_if(offences.note(start));
  int count = 1;
  while (!offences.note(start + 24h) && count < 1'000)
    ++count;
  fail_unless_equals_int(count, 20 + 1);
}
GST_END_TEST;

static Suite* offences_suite() {
  auto* suite = suite_create("offences");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, too_many);
  tcase_add_test(tcase, forgotten_in_time);
  tcase_add_test(tcase, no_credit);
  return suite;
}

GST_CHECK_MAIN(offences)
