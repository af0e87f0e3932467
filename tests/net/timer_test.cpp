// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/timer.h"

#include <memory>
#include <vector>

#include "loop.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

// Rule: a timer fires once, and never before its time.
GST_START_TEST(fires_once_and_not_early) {
  test::Loop loop;
  int fired = 0;
  net::Timer timer(loop.context(), [&] { ++fired; });
  for (auto delay : {1ms, 7ms, 30ms}) {
    fired = 0;
    const auto begin = clock_type::now();
    timer.arm_in(delay);
    fail_unless(loop.run_until([&] { return fired > 0; }));
    fail_unless(clock_type::now() - begin >= delay);
    loop.run_for(20ms);
    fail_unless_equals_int(fired, 1);
  }
}
GST_END_TEST;

// Rule: a time in the past fires at the next turn of the loop, never from within the call.
GST_START_TEST(the_past_fires_at_once) {
  test::Loop loop;
  int fired = 0;
  net::Timer timer(loop.context(), [&] { ++fired; });
  timer.arm_at(clock_type::time_point::min());
  fail_unless_equals_int(fired, 0);
  fail_unless(loop.run_until([&] { return fired == 1; }));
  timer.arm_in(-5s);
  fail_unless(loop.run_until([&] { return fired == 2; }));
}
GST_END_TEST;

// Rule: arming again replaces the time; disarming and destroying mean that it does not fire.
GST_START_TEST(the_last_word_counts) {
  test::Loop loop;
  int fired = 0, other = 0;
  net::Timer timer(loop.context(), [&] { ++fired; });
  net::Timer disarmed(loop.context(), [&] { ++other; });
  auto destroyed = std::make_unique<net::Timer>(loop.context(), [&] { ++other; });
  timer.arm_in(1ms);
  timer.arm_at(clock_type::time_point::max());
  disarmed.arm_in(1ms);
  disarmed.disarm();
  destroyed->arm_in(1ms);
  destroyed = nullptr;
  loop.run_for(30ms);
  fail_unless_equals_int(fired + other, 0);
  timer.arm_in(1ms);
  fail_unless(loop.run_until([&] { return fired == 1; }));
}
GST_END_TEST;

// Rule: the call may arm its timer again, and may destroy it; what it captured stays whole.
GST_START_TEST(the_call_may_do_anything) {
  test::Loop loop;
  int fired = 0;
  std::unique_ptr<net::Timer> timer;
  timer = std::make_unique<net::Timer>(
      loop.context(), [&, captured = std::vector<int>(1000, 7)]() mutable {
        captured.push_back(fired);
        if (++fired < 3)
          return timer->arm_in(1ms);
        timer = nullptr;
        fail_unless_equals_int(captured.size(), 1003); // kept between the calls
      });
  timer->arm_in(1ms);
  fail_unless(loop.run_until([&] { return !timer; }));
  fail_unless_equals_int(fired, 3);
}
GST_END_TEST;

// Rule: what is put off for long does not wake the thread at the time that it had before.
GST_START_TEST(what_is_put_off_wakes_nobody) {
  test::Loop loop;
  int fired = 0, woken = 0;
  net::Timer timer(loop.context(), [&] { ++fired; });
  timer.arm_in(20ms);
  timer.arm_in(300ms);
  while (fired == 0)
    woken += g_main_context_iteration(loop.context(), TRUE);
  fail_unless_equals_int(woken, 1);
}
GST_END_TEST;

static Suite* timer_suite() {
  auto* suite = suite_create("timer");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, fires_once_and_not_early);
  tcase_add_test(tcase, the_past_fires_at_once);
  tcase_add_test(tcase, the_last_word_counts);
  tcase_add_test(tcase, the_call_may_do_anything);
  tcase_add_test(tcase, what_is_put_off_wakes_nobody);
  return suite;
}

GST_CHECK_MAIN(timer)
