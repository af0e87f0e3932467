// p2plivesrc when the stream breaks, or whoever watches it pauses.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main(), for tests that leave it alone

constexpr auto live_delay = 4s;
constexpr auto segment_duration = 1s;

std::string source(const LiveStream& from) {
  return "p2plivesrc name=src live-delay=4000000000 lead=1500000000 uri=" + from.url();
}

const char* const player = " ! tsdemux ! queue ! h264parse ! avdec_h264 ! fakesink name=sink "
                           "sync=true";

guint64 rendered(const Pipeline& pipeline) {
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  GstStructure* stats = nullptr;
  guint64 count = 0;
  g_object_get(sink, "stats", &stats, nullptr);
  gst_structure_get_uint64(stats, "rendered", &count);
  gst_structure_free(stats);
  gst_object_unref(sink);
  return count;
}

} // namespace

// Rule: an encoder that starts again on the same address, with numbers from zero, is a
// discontinuity: DISCONT and a new segment that goes on in running time, and frames go on.
GST_START_TEST(the_encoder_restarts) {
  LiveStream own({.kilobits = 300});
  own.wait_for_segments(6);
  Pipeline pipeline(source(own) + player);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 50; }, 20s), "%s",
              pipeline.first_error().c_str());
  own.stop_encoder();
  own.start_encoder();
  const auto begun_anew = [&] {
    const auto sent = pipeline.sent();
    return sent.back().segment_events > 1 && sent.back().media_sequence >= 4 &&
           sent.back().media_sequence < sent.front().media_sequence + 30;
  };
  fail_unless(pipeline.wait(begun_anew, 40s), "%s", pipeline.first_error().c_str());
  const auto sent = pipeline.sent();
  std::size_t breaks = 0;
  for (std::size_t i = 1; i < sent.size(); ++i) {
    if (!sent[i].discont)
      continue;
    ++breaks;
    fail_unless(sent[i].begins_segment);
    fail_unless(sent[i].media_sequence < sent[i - 1].media_sequence);
    fail_unless_equals_int(static_cast<int>(sent[i].segment_events),
                           static_cast<int>(sent[i - 1].segment_events + 1));
    fail_unless_equals_uint64(sent[i].segment.start, sent[i].pts);
    fail_unless(sent[i].running_time >= sent[i - 1].running_time ||
                !GST_CLOCK_TIME_IS_VALID(sent[i - 1].running_time));
    fail_unless_equals_uint64(sent[i].running_time, sent[i].segment.base);
  }
  fail_unless_equals_int(static_cast<int>(breaks), 1);
  const auto before = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 50; }, 20s));
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}
GST_END_TEST;

// Rule: after a pause that is longer than the window, playback comes back to the live delay, with
// one message that says how much was left out; with late=keep there is none.
GST_START_TEST(a_pause_is_made_up_for) {
  Pipeline pipeline(source(*stream) + player);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 50; }, 20s), "%s",
              pipeline.first_error().c_str());
  const auto normal = pipeline.delay();
  fail_unless(normal && *normal < live_delay + 2 * segment_duration, "%d ms",
              normal ? static_cast<int>(normal->count()) : -1);
  pipeline.set_state(GST_STATE_PAUSED);
  pipeline.run(7s);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.delay() > live_delay + 4s; }, 3s));
  fail_unless(
      pipeline.wait([&] { return pipeline.delay() < live_delay + 2 * segment_duration; }, 15s),
      "%d ms late", static_cast<int>(pipeline.delay()->count()));
  fail_unless(pipeline.wait([&] { return !pipeline.skipped().empty(); }, 1s));
  const auto before = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 50; }, 10s));
  fail_unless_equals_int(static_cast<int>(pipeline.skipped().size()), 1);
  fail_unless(pipeline.skipped().front() > 3 * GST_SECOND &&
              pipeline.skipped().front() < 9 * GST_SECOND);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}
GST_END_TEST;

GST_START_TEST(late_may_be_kept) {
  Pipeline pipeline(source(*stream) + " late=keep" + player);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 25; }, 20s));
  pipeline.set_state(GST_STATE_PAUSED);
  pipeline.run(4s);
  pipeline.set_state(GST_STATE_PLAYING);
  const auto before = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 150; }, 20s));
  fail_unless(pipeline.skipped().empty());
  fail_unless(pipeline.delay() > live_delay + 2s);
  fail_unless_equals_int(static_cast<int>(pipeline.sent().back().segment_events), 1);
}
GST_END_TEST;

static Suite* interruptions_suite() {
  auto* suite = suite_create("interruptions");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, the_encoder_restarts);
  tcase_add_test(tests, a_pause_is_made_up_for);
  tcase_add_test(tests, late_may_be_kept);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live({.kilobits = 300, .listed = 20});
  live.wait_for_segments(6);
  stream = &live;
  return gst_check_run_suite(interruptions_suite(), "interruptions", __FILE__);
}
