// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/pacer.h"

#include "core_test.h"

#include <algorithm>

namespace {
constexpr Duration chunk = 100ms; ///< media in a hand-out
}

// Rule: the lead goes out at once, overdrawn by less than a chunk, and then media at their own
// pace.
GST_START_TEST(the_lead_then_the_pace) {
  Pacer pacer(start, 3s, 3s);
  Duration out{};
  auto hand_out = [&] {
    for (; pacer.open(); out += chunk)
      pacer.spend(chunk);
  };
  hand_out();
  fail_unless(out == 3s);
  fail_unless(pacer.opens(start, 500ms) <= start + 500ms + 10us);
  for (auto now = start; now <= start + 10s; now += 10ms) {
    pacer.advance(now, false);
    hand_out();
  }
  fail_unless(out >= 13s && out <= 13s + chunk);
}
GST_END_TEST;

// Rule: credit is capped at the lead, and what is not used while the consumer is blocked is lost.
GST_START_TEST(credit_is_capped_and_lost) {
  Pacer pacer(start, 1s, 1s);
  pacer.advance(start + 60s, false);
  fail_unless(pacer.opens(start + 60s, 1s) == start + 60s);
  fail_unless(pacer.opens(start + 60s, 1500ms) > start + 60499ms);
  pacer.spend(1s);
  pacer.advance(start + 70s, true);
  fail_if(pacer.open());
  pacer.advance(start + 70500ms, false);
  fail_unless(pacer.open());
  fail_unless(pacer.opens(start + 70500ms, 500ms) == start + 70500ms);
}
GST_END_TEST;

// Rule: a sink that plays on while the consumer is blocked, as on a machine that stands still for a
// while, does not have less downstream from then on; nor does it get more than the lead.
GST_START_TEST(what_was_played_while_blocked_comes_back) {
  for (auto stall : {500ms, 1500ms, 2500ms}) {
    Pacer pacer(start, 3s, 3s);
    Duration out{}, clock{};
    auto step = [&](Duration time, bool blocked) {
      clock += time;
      pacer.advance(start + clock, blocked);
      pacer.clock_advanced(start + clock, clock);
      for (; !blocked && pacer.open(); out += chunk)
        pacer.spend(chunk);
    };
    for (int stalls = 0; stalls < 3; ++stalls) {
      for (int i = 0; i < 100; ++i)
        step(10ms, false);
      auto before = out - clock;
      fail_unless(before > 2900ms && before <= 3100ms, "%.2f", seconds(before));
      step(stall, true);
      step(10ms, false);
      fail_unless(out - clock >= 2900ms, "%.2f after %.1f", seconds(out - clock), seconds(stall));
    }
  }
}
GST_END_TEST;

namespace {

/// Half a day with a sink whose clock runs `ppm` parts in a million fast; it blocks when it holds
/// more than `most`. The least and the most that it ever held after the first minute.
std::pair<Duration, Duration> half_a_day(int ppm, Duration most) {
  Pacer pacer(start, 3s, 3s);
  Duration out{}, least = Duration::max(), worst{};
  for (Duration t{}; t < 12h; t += 100ms) {
    auto played = t + t / 1'000'000 * ppm;
    bool blocked = out - played > most;
    pacer.advance(start + t, blocked);
    pacer.clock_advanced(start + t, played);
    for (; pacer.open() && out - played <= most; out += chunk)
      pacer.spend(chunk);
    if (t > 60s) {
      least = std::min(least, out - played);
      worst = std::max(worst, out - played);
    }
  }
  return {least, worst};
}

} // namespace

// Rule: over twelve hours a sink that runs 200 ppm fast does not drain what it holds, and one that
// runs 200 ppm slow is held back by its own back-pressure only.
GST_START_TEST(drift) {
  auto [least_fast, most_fast] = half_a_day(200, 5s);
  fail_unless(least_fast > 2500ms && most_fast < 3500ms, "%f to %f", seconds(least_fast),
              seconds(most_fast));
  auto [least_slow, most_slow] = half_a_day(-200, 5s);
  fail_unless(least_slow > 2500ms && most_slow < 5300ms, "%f to %f", seconds(least_slow),
              seconds(most_slow));
}
GST_END_TEST;

// Rule: a clock that stands while there is much to play is a pause; while there is little, the
// player waits for more.
GST_START_TEST(what_a_pause_is) {
  for (auto [lead, left, paused] : {std::tuple(3s, 800ms, true), std::tuple(3s, 700ms, false),
                                    std::tuple(1s, 550ms, true), std::tuple(1s, 450ms, false)}) {
    Pacer pacer(start, lead, 500ms);
    fail_if(pacer.paused());
    pacer.spend(lead);
    pacer.advance(start + 5s, false);
    pacer.clock_advanced(start + 5s, lead - left);
    fail_if(pacer.paused());
    pacer.clock_stands(start + 6s);
    fail_unless(pacer.paused() == paused);
  }
}
GST_END_TEST;

// Rule: media may go out when the lead has room for them, and are late only when less than the
// reserve would be left; that is nothing at the start, and grows with the time that is played.
GST_START_TEST(the_reserve) {
  Pacer pacer(start, 3s, 1500ms);
  fail_unless(pacer.overdue()); // the first bytes are due at once: nothing is to be slept for
  pacer.spend(1s);
  fail_unless(pacer.open() && !pacer.overdue());
  fail_unless(pacer.opens(start, 1s) == start);
  fail_unless(pacer.due(start, 0s) >= start + 1s && pacer.due(start, 0s) <= start + 1s + 10us);
  pacer.clock_stands(start);
  pacer.advance(start + 10s, false);
  pacer.clock_advanced(start + 10s, 10s);
  pacer.spend(
      500ms); // the lead was full; half a second is left, which is what the reserve has grown to
  fail_unless(pacer.due(start + 10s, 0ns) <= start + 10s + 10us);
  fail_unless(pacer.due(start + 10s, 1s) >= start + 11s);
  pacer.advance(start + 10s + 20us, false);
  fail_unless(pacer.overdue());
  pacer.advance(start + 60s, false);
  fail_unless(pacer.reserve() == 1500ms);
  pacer.spend(1400ms);
  fail_unless(pacer.overdue());
  pacer.spend(101ms);
  fail_if(pacer.overdue());

  Pacer paused(start, 3s, 1500ms);
  paused.spend(500ms);
  paused.clock_advanced(start, 0s);
  paused.clock_stands(start);
  paused.advance(start + 60s, false);
  paused.spend(2500ms);
  fail_unless(paused.due(start + 60s, 0s) >= start + 62s, "it grew in a pause");
}
GST_END_TEST;

// Rule: while a player that fills its queues holds its clock still, media go on at their own pace:
// by the clock alone a lead that is smaller than the queues would hang.
GST_START_TEST(queues_are_filled_while_the_clock_stands) {
  Pacer pacer(start, 1s, 1s);
  Duration out{};
  auto at = [&](Duration t, bool plays) {
    pacer.advance(start + t, false);
    if (plays)
      pacer.clock_advanced(start + t, t);
    else
      pacer.clock_stands(start + t);
    for (; pacer.open(); out += chunk)
      pacer.spend(chunk);
  };
  Duration t{};
  for (; t < 10s; t += 100ms)
    at(t, true);
  auto before = out;
  for (; t < 15s; t += 100ms)
    at(t, false);
  fail_unless(out - before >= 4900ms && out - before <= 5100ms, "%f", seconds(out - before));
}
GST_END_TEST;

// Rule: who waits until opens() finds it open, and not long after it opened, when it leans, too.
GST_START_TEST(it_opens_when_it_said) {
  for (int ppm : {-1'000, 0, 1'000}) {
    Pacer pacer(start, 3s, 1500ms);
    pacer.lean(ppm);
    auto now = start;
    for (int i = 0; i < 1'000; ++i) {
      while (pacer.open())
        pacer.spend(chunk);
      auto opens = pacer.opens(now, 1ns);
      pacer.advance(std::max(now, opens - 10us), false);
      fail_if(pacer.open(), "chunk %d at %d ppm", i, ppm);
      now = opens;
      pacer.advance(now, false);
      fail_unless(pacer.open(), "chunk %d at %d ppm", i, ppm);
    }
  }
}
GST_END_TEST;

static Suite* pacer_suite() {
  auto* suite = suite_create("pacer");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_lead_then_the_pace);
  tcase_add_test(tcase, credit_is_capped_and_lost);
  tcase_add_test(tcase, what_was_played_while_blocked_comes_back);
  tcase_add_test(tcase, what_a_pause_is);
  tcase_add_test(tcase, the_reserve);
  tcase_add_test(tcase, queues_are_filled_while_the_clock_stands);
  tcase_add_test(tcase, drift);
  tcase_add_test(tcase, it_opens_when_it_said);
  return suite;
}

GST_CHECK_MAIN(pacer)
