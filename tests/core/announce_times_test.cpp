// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/announce_times.h"

#include "core_test.h"

#include <random>

// Rule: as often as the tracker wants it, give or take a fifth; every half minute when it has no
// wish, and within bounds whatever it wishes.
GST_START_TEST(as_the_tracker_wants) {
  std::mt19937_64 random(1);
  AnnounceTimes times;
  fail_if(times.begun());
  times.begin(start);
  fail_unless(times.begun() && times.next() == start);
  struct {
    Duration wish, heeded;
  } wishes[] = {{40s, 40s}, {0s, 30s}, {-5s, 30s}, {1ms, 1s}, {100h, 600s}};
  for (auto [wish, heeded] : wishes) {
    times.answered(start, wish, random);
    fail_unless(times.next() >= start + heeded * 4 / 5 && times.next() <= start + heeded * 6 / 5,
                "%f s for a wish of %f s", seconds(times.next() - start), seconds(wish));
  }
}
GST_END_TEST;

// Rule: without an answer it is asked again after a quarter of a minute.
GST_START_TEST(no_answer) {
  AnnounceTimes times;
  times.begin(start);
  times.made(start);
  fail_unless(times.next() == start + 15s);
}
GST_END_TEST;

// Rule: a tracker that fails is asked ever later, up to a minute; its own wish is heeded.
GST_START_TEST(it_fails) {
  std::mt19937_64 random(1);
  AnnounceTimes times;
  times.begin(start);
  auto now = start;
  Duration wait{};
  for (int i = 0; i < 24; ++i) {
    fail_unless(times.next() >= now);
    times.made(now);
    times.failed(now, {}, random);
    wait = times.next() - now;
    fail_unless(wait >= 800ms && wait <= 72s);
    fail_unless(i > 0 || wait <= 1200ms);
    now = times.next();
  }
  fail_unless(wait >= 48s, "%f", seconds(wait));
  times.failed(now, 300s, random);
  fail_unless(times.next() >= now + 240s && times.next() <= now + 360s);
  // Once it answers, a failure is the first again.
  times.answered(now, 30s, random);
  times.failed(now, {}, random);
  fail_unless(times.next() <= now + 1200ms);
}
GST_END_TEST;

// Rule: what is new is told ten seconds after the last announce, at once when it is urgent, and
// neither before a tracker that is busy or has failed wants it.
GST_START_TEST(something_new) {
  std::mt19937_64 random(1);
  for (bool busy : {false, true})
    for (bool urgent : {false, true}) {
      AnnounceTimes times;
      times.sooner(start);
      fail_if(times.begun());
      times.begin(start);
      times.made(start);
      times.answered(start + 1s, busy ? 120s : 40s, random);
      auto usual = times.next();
      urgent ? times.at_once(start + 2s) : times.sooner(start + 2s);
      auto expected = busy ? usual : urgent ? start + 2s : start + 10s;
      fail_unless(times.next() == expected, "%f s", seconds(times.next() - start));
      times.failed(start + 3s, 60s, random);
      usual = times.next();
      urgent ? times.at_once(start + 4s) : times.sooner(start + 4s);
      fail_unless(times.next() == usual);
    }
}
GST_END_TEST;

static Suite* announce_times_suite() {
  auto* suite = suite_create("announce_times");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, as_the_tracker_wants);
  tcase_add_test(tcase, no_answer);
  tcase_add_test(tcase, it_fails);
  tcase_add_test(tcase, something_new);
  return suite;
}

GST_CHECK_MAIN(announce_times)
