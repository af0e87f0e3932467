// Half a day in which the encoder's clock, or the sink's, is 200 parts in a million off: 8.6 s in
// the end, more than live-delay.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtual_cdn.h"

#include <gst/check/gstcheck.h>

#include <array>

using namespace p2plive::test;

namespace {

constexpr Duration half_a_day = 12h;
constexpr Duration step = 250ms;
constexpr Duration polls = 1s; ///< the playlist is looked at so often

/// Of the dates in the playlist: what they are by is another case each.
constexpr std::array every_dates{VirtualCdn::Dates::wall, VirtualCdn::Dates::encoder,
                                 VirtualCdn::Dates::none};
constexpr int dates = static_cast<int>(every_dates.size());

struct Case {
  int encoder_ppm = 0, sink_ppm = 0;
  bool clock = true; ///< the sink has one, and plays by it; else everything is taken at once
};

/// A stream and who plays it.
class Run {
public:
  Run(const Case& what, VirtualCdn::Dates dates) : what_(what), cdn_(settings()) {
    cdn_.encoder_ppm = what.encoder_ppm;
    cdn_.dates = dates;
    cdn_.usual = VirtualCdn::size / 4; // few chunks to count
    cdn_.content = cdn_.keeps = false;
    cdn_.takes = !what.clock;
    cdn_.step = step;
    cdn_.polls = polls;
  }

  /// What is measured is so from the first minute on, when the lead has sunk.
  void play(Duration time) {
    for (auto end = cdn_.now + time; cdn_.now < end;) {
      if (begun_)
        clock_ += step + step / 1'000'000 * what_.sink_ppm;
      cdn_.run_for(step);
      take();
      if (cdn_.now - Time{} < 160s)
        continue;
      dry += what_.clock && handed_ < clock_ ? step : 0ns;
      worst_delay = std::max(worst_delay, delay());
      least_delay = std::min(least_delay, delay());
    }
  }

  Statistics statistics() const { return cdn_.swarm.statistics(); }

  unsigned breaks = 0; ///< discontinuities but for the first
  Duration skipped{};
  Duration dry{}; ///< the sink had nothing to play for so long
  Duration worst_delay{};
  Duration least_delay = Duration::max();

private:
  static Settings settings() {
    Settings settings;
    settings.keeping = Keeping::sizes;
    return settings;
  }

  /// A sink's queues take what is played within five seconds.
  void take() {
    for (; seen_ < cdn_.delivered.size() && (!what_.clock || handed_ - clock_ < 5s); ++seen_) {
      const auto& next = cdn_.delivered[seen_];
      breaks += next.discontinuity && begun_;
      skipped += next.skipped;
      begun_ = true;
      if (next.discontinuity)
        handed_ = std::max(handed_, clock_); // as a new GstSegment begins
      handed_ += next.duration;
      if (what_.clock)
        cdn_.swarm.taken(cdn_.now, next.size, clock_);
    }
  }

  /// From the encoder to what the sink shows; who has no clock has the settled lead before it.
  Duration delay() const {
    const auto& last = cdn_.delivered.back();
    auto begin = VirtualCdn::segment * static_cast<int>(number(last.sn) - cdn_.first_number);
    auto end = begin + VirtualCdn::segment * static_cast<int>((last.offset + last.size) / 1'000) /
                           static_cast<int>(last.segment_size / 1'000);
    auto ahead = what_.clock ? std::max(handed_ - clock_, Duration{}) : Settings{}.settled_lead;
    return cdn_.made() - end + ahead;
  }

  Case what_;
  VirtualCdn cdn_;
  std::size_t seen_ = 0;
  Duration handed_{}, clock_{};
  bool begun_ = false;
};

constexpr Duration target = VirtualCdn::segment;
const Duration live_delay = Settings{}.live_delay;
/// Beyond this late=skip jumps, at the next boundary that it sees.
const Duration bound = live_delay + target + polls;

} // namespace

// Rule: who takes what comes gets the stream at the encoder's pace: it is never starved, never has
// to jump, and the delay stays where it was.
GST_START_TEST(a_consumer_without_a_clock) {
  Run run({.encoder_ppm = __i__ < dates ? 200 : -200, .clock = false}, every_dates[__i__ % dates]);
  run.play(half_a_day);
  fail_unless_equals_uint64(run.statistics().starvations, 0);
  fail_unless_equals_int(run.breaks, 0);
  fail_unless(run.least_delay > live_delay - 2 * target && run.worst_delay < bound,
              "%.2f to %.2f s", seconds(run.least_delay), seconds(run.worst_delay));
}
GST_END_TEST;

// Rule: a sink that is slower than the encoder is late in the end: late=skip keeps it within
// live-delay and one target duration, with a jump of one segment in two hours and a half.
GST_START_TEST(a_slow_sink) {
  auto what = __i__ < dates ? Case{.encoder_ppm = 200} : Case{.sink_ppm = -200};
  Run run(what, every_dates[__i__ % dates]);
  run.play(half_a_day);
  fail_unless_equals_uint64(run.statistics().starvations, 0);
  fail_unless(run.dry == 0s, "dry for %.1f s", seconds(run.dry));
  fail_unless(run.breaks > 0 && run.breaks <= 4 && run.skipped == run.breaks * target,
              "%d breaks, %.1f s", static_cast<int>(run.breaks), seconds(run.skipped));
  fail_unless(run.least_delay > live_delay - 2 * target && run.worst_delay < bound,
              "%.2f to %.2f s", seconds(run.least_delay), seconds(run.worst_delay));
}
GST_END_TEST;

// Rule: a sink that is faster than the encoder eats the window, for hours without harm. When
// nothing is left it gets a new one, with a single break and nothing left out, instead of running
// dry at the end of every segment from then on.
GST_START_TEST(a_fast_sink) {
  auto what = __i__ < dates ? Case{.encoder_ppm = -200} : Case{.sink_ppm = 200};
  Run run(what, every_dates[__i__ % dates]);
  run.play(5h);
  fail_unless_equals_uint64(run.statistics().starvations, 0);
  fail_unless_equals_int(run.breaks, 0);
  run.play(half_a_day - 5h);
  fail_unless(run.breaks > 0 && run.breaks <= 2 && run.skipped == 0s, "%d breaks, %.1f s",
              static_cast<int>(run.breaks), seconds(run.skipped));
  fail_unless(run.statistics().starvations <= run.breaks, "%d starvations",
              static_cast<int>(run.statistics().starvations));
  fail_unless(run.dry <= run.breaks * live_delay, "dry for %.1f s", seconds(run.dry));
  fail_unless(run.worst_delay < bound, "%.2f s", seconds(run.worst_delay));
}
GST_END_TEST;

// The same rules where sinks are so far off that ten minutes are enough.
GST_START_TEST(in_minutes) {
  for (int ppm : {14'400, -14'400}) {
    Run run({.sink_ppm = ppm}, VirtualCdn::Dates::wall);
    run.play(10min);
    fail_unless(run.breaks > 0 && run.breaks <= 4, "%d breaks", static_cast<int>(run.breaks));
    fail_unless(run.skipped == (ppm > 0 ? 0s : run.breaks * target));
    fail_unless(run.statistics().starvations == (ppm > 0 ? run.breaks : 0), "%d starvations",
                static_cast<int>(run.statistics().starvations));
    fail_unless(run.worst_delay < bound, "%.2f s", seconds(run.worst_delay));
  }
}
GST_END_TEST;

static Suite* drift_suite() {
  auto* suite = suite_create("drift");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_minutes);
  tcase_add_loop_test(tcase, a_consumer_without_a_clock, 0, 2 * dates);
  tcase_add_loop_test(tcase, a_slow_sink, 0, 2 * dates);
  tcase_add_loop_test(tcase, a_fast_sink, 0, 2 * dates);
  return suite;
}

GST_CHECK_MAIN(drift)
