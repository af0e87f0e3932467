// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/timeline.h"

#include "core_test.h"

namespace {

constexpr WallTime wall{std::chrono::milliseconds(1'700'000'000'000)};
using Change = Timeline::Change;

/// Segments of 2 s; the date of number n is 2 n s after `zero`.
Listing listing(std::uint64_t first, std::uint64_t count, WallTime zero = wall,
                std::uint64_t discontinuity = 0) {
  Listing out{2s, false, {}};
  for (auto n = first; n < first + count; ++n)
    out.segments.push_back(
        {SequenceNumber{n}, 2s, discontinuity, zero + std::chrono::seconds(2 * n), false});
  return out;
}

} // namespace

// Rule: new segments follow the old ones on one axis of media time; what is known is not news.
GST_START_TEST(it_grows) {
  Timeline timeline;
  fail_unless(timeline.update(start, wall, listing(10, 6)) == Change::extended);
  fail_unless(timeline.update(start + 1s, wall + 1s, listing(10, 6)) == Change::none);
  fail_unless(timeline.update(start + 2s, wall + 2s, listing(11, 6)) == Change::extended);
  fail_unless_equals_int(timeline.entries().size(), 7);
  fail_unless(timeline.find(SequenceNumber{16})->start == 12s);
  fail_unless(timeline.find(SequenceNumber{16})->listed_at == start + 2s);
  fail_unless(timeline.after(SequenceNumber{12})->segment.sn == SequenceNumber{13});
  fail_unless(timeline.after(SequenceNumber{16}) == nullptr);
}
GST_END_TEST;

// Rule: numbers that fall below everything known are a new epoch; the axis goes on.
GST_START_TEST(a_restart_from_zero) {
  Timeline timeline;
  timeline.update(start, wall, listing(1'000, 6));
  fail_unless(timeline.update(start + 2s, wall, listing(0, 1, wall + 3'000s)) == Change::restarted);
  fail_unless_equals_int(timeline.entries().size(), 1);
  fail_unless(timeline.entries().front().start == 12s);
  fail_unless(timeline.entries().front().after_break);
}
GST_END_TEST;

// Rule: a known number that names something else is a new epoch, too.
GST_START_TEST(a_number_that_names_something_else) {
  Timeline timeline;
  timeline.update(start, wall, listing(10, 6));
  fail_unless(timeline.update(start + 1s, wall, listing(10, 6, wall + 60s)) == Change::restarted);
}
GST_END_TEST;

// Rule: an edge behind the others is ignored, for four target durations.
GST_START_TEST(an_edge_behind) {
  Timeline timeline;
  timeline.update(start, wall, listing(10, 6));
  fail_unless(timeline.update(start + 1s, wall, listing(8, 6)) == Change::stale);
  fail_unless(timeline.newest() == SequenceNumber{15});
  fail_unless(timeline.update(start + 8s, wall, listing(8, 6)) == Change::stale);
  fail_unless(timeline.update(start + 10s, wall, listing(8, 6)) == Change::restarted);
}
GST_END_TEST;

// Rule: segments that were missed leave a hole of about their length, and a break.
GST_START_TEST(a_hole) {
  Timeline timeline;
  timeline.update(start, wall, listing(10, 6));
  fail_unless(timeline.update(start + 60s, wall, listing(20, 6)) == Change::extended);
  auto* entry = timeline.find(SequenceNumber{20});
  fail_unless(entry->after_break);
  fail_unless(entry->start == 12s + 4 * 2s);
  fail_if(timeline.find(SequenceNumber{21})->after_break);
}
GST_END_TEST;

// Rule: a discontinuity is a break, without a hole.
GST_START_TEST(a_discontinuity) {
  Timeline timeline;
  timeline.update(start, wall, listing(10, 6));
  timeline.update(start + 2s, wall, listing(16, 1, wall, 1));
  fail_unless(timeline.find(SequenceNumber{16})->after_break);
  fail_unless(timeline.find(SequenceNumber{16})->start == 12s);
}
GST_END_TEST;

// Rule: the live edge is where dates and the wall clock say, when they make sense; else it follows
// the newest segment by the time since it was listed.
GST_START_TEST(the_live_edge) {
  Timeline timeline;
  timeline.update(start, wall + 33s, listing(10, 6)); // number 15 ends at 32 s
  fail_unless(timeline.live(start) == 13s);
  fail_unless(timeline.live(start + 1s) == 14s);
  Timeline wrong_clock;
  wrong_clock.update(start, wall + 3'600s, listing(10, 6));
  fail_unless(wrong_clock.live(start + 1s) == 13s);
}
GST_END_TEST;

// Rule: dates that fall behind the wall clock, or run ahead of it, by no more than crystals differ
// are followed, for as long as it takes; what changes at once is no drift.
GST_START_TEST(dates_that_drift) {
  for (int ppm : {250, -250}) {
    Timeline timeline;
    auto off = 0ns; // wall clock - dates
    Time now;
    auto list = [&](std::uint64_t n) {
      now = start + 2s * (n + 1) + 100ms;
      auto apart = std::chrono::floor<std::chrono::milliseconds>(off);
      timeline.update(now, wall + std::chrono::floor<std::chrono::milliseconds>(now - start),
                      listing(n, 1, wall - apart));
      return timeline.live(now) - timeline.entries().back().end();
    };
    std::uint64_t n = 0;
    for (; n < 20'000; ++n, off += Duration(2s) / 1'000'000 * ppm) {
      auto edge = list(n);
      fail_unless(edge >= 90ms && edge <= 110ms, "%.3f s after %d segments", seconds(edge),
                  static_cast<int>(n));
    }
    fail_unless(std::chrono::abs(off) == 10s);
    off += 1s;
    auto edge = list(n);
    fail_unless(edge >= 1080ms && edge <= 1120ms, "%.3f s", seconds(edge));
  }
}
GST_END_TEST;

static Suite* timeline_suite() {
  auto* suite = suite_create("timeline");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, it_grows);
  tcase_add_test(tcase, a_restart_from_zero);
  tcase_add_test(tcase, a_number_that_names_something_else);
  tcase_add_test(tcase, an_edge_behind);
  tcase_add_test(tcase, a_hole);
  tcase_add_test(tcase, a_discontinuity);
  tcase_add_test(tcase, the_live_edge);
  tcase_add_test(tcase, dates_that_drift);
  return suite;
}

GST_CHECK_MAIN(timeline)
