// p2plivesrc with sinks whose clock is a hundred times as wrong as a crystal: half a minute shows
// what takes an hour else.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

#include <algorithm>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main()

/// Runs `ppm` parts in a million fast.
GstClock* wrong_clock(int ppm) {
  auto* clock = GST_CLOCK(g_object_new(GST_TYPE_SYSTEM_CLOCK, nullptr));
  const auto now = gst_clock_get_internal_time(clock);
  gst_clock_set_calibration(clock, now, now, static_cast<GstClockTime>(1'000'000 + ppm), 1'000'000);
  return clock;
}

/// Plays on a clock of its own.
class Player {
public:
  explicit Player(int ppm)
      : pipeline_("p2plivesrc name=src live-delay=7000000000 lead=2000000000 uri=" + stream->url() +
                  " ! tsdemux name=d d. ! queue max-size-time=0 max-size-buffers=0 ! h264parse ! "
                  "fakesink sync=true"),
        clock_(wrong_clock(ppm)) {
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock_);
    pipeline_.set_state(GST_STATE_PLAYING);
  }
  ~Player() {
    pipeline_.set_state(GST_STATE_NULL);
    gst_object_unref(clock_);
  }

  /// By how much, in seconds, what was handed out was ahead of the sink's clock, at the least
  /// between these two times of it. (Frames are shown somewhat after the PCR of their bytes, so the
  /// sink has more than that.)
  double least_ahead(double from, double to) {
    double least = 1e9;
    fail_unless(pipeline_.wait(
                    [&] {
                      const auto played = this->played();
                      if (played >= from)
                        least = std::min(least, handed_out() - played);
                      return played >= to;
                    },
                    60s),
                "%s", pipeline_.first_error().c_str());
    return least;
  }
  bool sound() const { return pipeline_.errors().empty() && pipeline_.skipped().empty(); }

private:
  double played() const {
    if (pipeline_.state() != GST_STATE_PLAYING)
      return 0;
    const auto base = gst_element_get_base_time(pipeline_.get());
    return static_cast<double>(GST_CLOCK_DIFF(base, gst_clock_get_time(clock_))) / GST_SECOND;
  }
  double handed_out() const {
    GstClockTime media = 0;
    for (const auto& buffer : pipeline_.sent())
      media += buffer.duration;
    return static_cast<double>(media) / GST_SECOND;
  }

  Pipeline pipeline_;
  GstClock* clock_;
};

} // namespace

// Rule: a sink that runs fast is given the stream at its own pace: in 25 s a clock that is two
// parts in a hundred fast uses up half a second of what it was ahead, were it not for that.
GST_START_TEST(a_fast_sink_keeps_its_lead) {
  Player player(20'000);
  const auto at_first = player.least_ahead(3, 5);
  const auto later = player.least_ahead(28, 30);
  fail_unless(later > at_first - 0.2, "%.2f s ahead, then %.2f s", at_first, later);
  fail_unless(player.sound());
}
GST_END_TEST;

// Rule: one that runs slow is given the stream at the encoder's pace, and no part of it is left out
// while it is not late.
GST_START_TEST(a_slow_sink_misses_nothing) {
  Player player(-20'000);
  const auto at_first = player.least_ahead(3, 5);
  const auto later = player.least_ahead(28, 30);
  fail_unless(later > at_first - 0.2 && later < at_first + 2, "%.2f s ahead, then %.2f s", at_first,
              later);
  fail_unless(player.sound());
}
GST_END_TEST;

static Suite* drift_suite() {
  auto* suite = suite_create("drift");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 80);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_fast_sink_keeps_its_lead);
  tcase_add_test(tcase, a_slow_sink_misses_nothing);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live;
  live.wait_for_segments(8);
  stream = &live;
  return gst_check_run_suite(drift_suite(), "drift", __FILE__);
}
