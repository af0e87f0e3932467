// Half a day in which the encoder's clock, or the sink's, is 200 parts in a million off: 8.6 s in
// the end, more than live-delay.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtual_player.h"

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
  Run(const Case& what, VirtualCdn::Dates dates)
      : clock_(what.clock), cdn_(settings()), sink_(cdn_) {
    cdn_.encoder_ppm = what.encoder_ppm;
    cdn_.dates = dates;
    cdn_.usual = VirtualCdn::size / 4; // few chunks to count
    cdn_.content = cdn_.keeps = false;
    cdn_.takes = !what.clock;
    cdn_.step = step;
    cdn_.polls = polls;
    sink_.ppm = what.sink_ppm;
    sink_.takes_at_once = !what.clock;
  }

  /// What is measured is so from the first minute on, when the lead has sunk.
  void play(Duration time) {
    for (auto end = cdn_.now + time; cdn_.now < end;) {
      sink_.step();
      if (cdn_.now - Time{} < 160s)
        continue;
      // Who takes everything at once has the settled lead before what it shows.
      auto delay = clock_ ? sink_.delay() : sink_.age() + Settings{}.lead;
      dry += clock_ && sink_.ahead() < 0s ? step : 0ns;
      worst_delay = std::max(worst_delay, delay);
      least_delay = std::min(least_delay, delay);
    }
  }

  Statistics statistics() const { return cdn_.swarm.statistics(); }
  unsigned breaks() const { return sink_.breaks; }
  Duration skipped() const { return sink_.skipped; }

  Duration dry{}; ///< the sink had nothing to play for so long
  Duration worst_delay{};
  Duration least_delay = Duration::max();

private:
  static Settings settings() {
    Settings settings;
    settings.keeping = Keeping::sizes;
    return settings;
  }

  bool clock_;
  VirtualCdn cdn_;
  VirtualPlayer sink_;
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
  fail_unless_equals_int(run.breaks(), 0);
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
  fail_unless(run.breaks() > 0 && run.breaks() <= 4 && run.skipped() == run.breaks() * target,
              "%d breaks, %.1f s", static_cast<int>(run.breaks()), seconds(run.skipped()));
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
  fail_unless_equals_int(run.breaks(), 0);
  run.play(half_a_day - 5h);
  fail_unless(run.breaks() > 0 && run.breaks() <= 2 && run.skipped() == 0s, "%d breaks, %.1f s",
              static_cast<int>(run.breaks()), seconds(run.skipped()));
  fail_unless(run.statistics().starvations <= run.breaks(), "%d starvations",
              static_cast<int>(run.statistics().starvations));
  fail_unless(run.dry <= run.breaks() * live_delay, "dry for %.1f s", seconds(run.dry));
  fail_unless(run.worst_delay < bound, "%.2f s", seconds(run.worst_delay));
}
GST_END_TEST;

// The same rules where sinks are so far off that ten minutes are enough.
GST_START_TEST(in_minutes) {
  for (int ppm : {14'400, -14'400}) {
    Run run({.sink_ppm = ppm}, VirtualCdn::Dates::wall);
    run.play(10min);
    fail_unless(run.breaks() > 0 && run.breaks() <= 4, "%d breaks", static_cast<int>(run.breaks()));
    fail_unless(run.skipped() == (ppm > 0 ? 0s : run.breaks() * target));
    fail_unless(run.statistics().starvations == (ppm > 0 ? run.breaks() : 0), "%d starvations",
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
