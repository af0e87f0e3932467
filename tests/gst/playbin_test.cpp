// p2plivesrc in the players' element, at the defaults.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <atomic>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* slow; ///< of main(): 0.5 Mbit/s
LiveStream* fast; ///< of main(): 4 Mbit/s

constexpr auto watched = 12s;

std::string player(const std::string& playbin, const LiveStream& stream) {
  return playbin + " uri=p2plive+" + stream.url() +
         " video-sink=\"fakesink sync=true\" audio-sink=\"fakesink sync=true\"";
}

/// Plays as a player does, which pauses while the queue fills. While playbin3 prerolls, what is in
/// its first multiqueue moves on to the second one, and the first tells of a low level for some
/// milliseconds after it was full (seen with GStreamer 1.22): it has started when it has played.
void start(Pipeline& pipeline) {
  pipeline.pause_while_buffering();
  pipeline.set_state(GST_STATE_PLAYING);
  const auto playing = [&] {
    const auto played = gst_element_get_current_running_time(pipeline.get());
    return pipeline.state() == GST_STATE_PLAYING && !pipeline.buffering().empty() &&
           pipeline.buffering().back() == 100 && GST_CLOCK_TIME_IS_VALID(played) &&
           played > GST_SECOND;
  };
  fail_unless(pipeline.wait(playing, 30s), "%s, %d buffering messages",
              pipeline.first_error().c_str(), static_cast<int>(pipeline.buffering().size()));
}

std::string joined(const std::vector<int>& levels, std::size_t from) {
  std::string text;
  for (auto at = from; at < levels.size(); ++at)
    text += " " + std::to_string(levels[at]);
  return text;
}

void plays_without_buffering_again(const std::string& playbin, const LiveStream& stream) {
  Pipeline pipeline(player(playbin, stream));
  start(pipeline);
  const auto messages = pipeline.buffering().size();
  GstClockTime begin = gst_element_get_current_running_time(pipeline.get());
  pipeline.run(watched);
  const auto& levels = pipeline.buffering();
  fail_unless(std::all_of(levels.begin() + static_cast<std::ptrdiff_t>(messages), levels.end(),
                          [](int level) { return level == 100; }),
              "it buffered again:%s", joined(levels, messages).c_str());
  fail_unless_equals_int(pipeline.state(), GST_STATE_PLAYING);
  // It did play: the position advanced with the clock.
  gint64 position = 0;
  fail_unless(gst_element_query_position(pipeline.get(), GST_FORMAT_TIME, &position));
  fail_unless(position > gint64(begin) + gint64(10 * GST_SECOND));
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

} // namespace

// Rule: players start and do not run dry, at either bitrate.
GST_START_TEST(playbin_slow) {
  plays_without_buffering_again("playbin", *slow);
}
GST_END_TEST;

GST_START_TEST(playbin_fast) {
  plays_without_buffering_again("playbin", *fast);
}
GST_END_TEST;

GST_START_TEST(playbin3_slow) {
  plays_without_buffering_again("playbin3", *slow);
}
GST_END_TEST;

GST_START_TEST(playbin3_fast) {
  plays_without_buffering_again("playbin3", *fast);
}
GST_END_TEST;

// Rule: a pause of 15 s and resume comes back to the live delay (8 s at the defaults), with one
// message.
static void comes_back(const std::string& playbin) {
  Pipeline pipeline(player(playbin, *slow));
  const auto on_time = [&] { return pipeline.delay().value_or(24h) < 10s; };
  start(pipeline);
  fail_unless(pipeline.wait(on_time, 5s));
  // A slow machine's start may have been late, and made up for.
  const auto skipped_before = pipeline.skipped().size();
  pipeline.set_state(GST_STATE_PAUSED);
  fail_unless(pipeline.wait_for_state(GST_STATE_PAUSED, 5s));
  pipeline.run(15s);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.delay() > 20s; }, 3s));
  fail_unless(pipeline.wait(on_time, 20s), "%d ms late",
              static_cast<int>(pipeline.delay().value_or(-1ms).count()));
  fail_unless(pipeline.wait([&] { return pipeline.state() == GST_STATE_PLAYING; }, 10s));
  pipeline.run(4s);
  fail_unless(on_time());
  fail_unless_equals_int(static_cast<int>(pipeline.skipped().size() - skipped_before), 1);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

GST_START_TEST(playbin_pause) {
  comes_back("playbin");
}
GST_END_TEST;

GST_START_TEST(playbin3_pause) {
  comes_back("playbin3");
}
GST_END_TEST;

// Rule: a player that goes back to READY plays again from there: each of three rounds is like the
// first.
GST_START_TEST(playbin3_rounds) {
  Pipeline pipeline(player("playbin3", *slow));
  GstElement* sink = nullptr;
  g_object_get(pipeline.get(), "video-sink", &sink, nullptr);
  auto* pad = gst_element_get_static_pad(sink, "sink");
  std::atomic<int> pictures{0};
  const auto count = [](GstPad*, GstPadProbeInfo*, gpointer pictures) {
    ++*static_cast<std::atomic<int>*>(pictures);
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, &pictures, nullptr);
  for (int round = 0; round < 3; ++round) {
    pictures = 0;
    const auto before = pipeline.sent_count();
    start(pipeline);
    fail_unless(pipeline.wait([&] { return pictures > 25; }, 10s), "round %d: %d", round,
                pictures.load());
    const auto first = pipeline.sent()[before];
    fail_unless(first.begins_segment && first.pts == 0 && first.segment.base == 0);
    pipeline.set_state(GST_STATE_READY);
    fail_unless(pipeline.wait_for_state(GST_STATE_READY, 5s));
  }
  gst_object_unref(pad);
  gst_object_unref(sink);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}
GST_END_TEST;

static Suite* playbin_suite() {
  auto* suite = suite_create("playbin");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, playbin_slow);
  tcase_add_test(tests, playbin_fast);
  tcase_add_test(tests, playbin3_slow);
  tcase_add_test(tests, playbin3_fast);
  tcase_add_test(tests, playbin_pause);
  tcase_add_test(tests, playbin3_pause);
  tcase_add_test(tests, playbin3_rounds);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream at_half({.kilobits = 500, .segment_seconds = 2, .listed = 15});
  LiveStream at_four({.kilobits = 4000, .segment_seconds = 2});
  at_half.wait_for_segments(5);
  at_four.wait_for_segments(5);
  slow = &at_half;
  fast = &at_four;
  return gst_check_run_suite(playbin_suite(), "playbin", __FILE__);
}
