// p2plivesrc with a real live stream: what leaves its pad, and changes of state.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "literal_stream.h"
#include "live_stream.h"
#include "pipeline.h"
#include "play_once.h"

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include <algorithm>
#include <fstream>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream; ///< of main()

std::string source() {
  return "p2plivesrc name=src live-delay=4000000000 lead=2000000000 uri=" + stream->url();
}

gint64 distance(GstClockTime a, GstClockTime b) {
  return std::abs(static_cast<gint64>(a) - static_cast<gint64>(b));
}

guint64 bytes_of(const std::string& name) {
  return std::filesystem::file_size(stream->root() / name);
}

} // namespace

// Rule: one TIME segment from 0; caps of a transport stream; no duration.
GST_START_TEST(caps_and_segment) {
  Pipeline pipeline(source() + " ! fakesink name=sink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 3; }, 20s), "%s",
              pipeline.first_error().c_str());
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  auto* pad = gst_element_get_static_pad(sink, "sink");
  auto* caps = gst_pad_get_current_caps(pad);
  auto* expected = gst_caps_from_string("video/mpegts, systemstream=true, packetsize=188");
  fail_unless(gst_caps_is_equal(caps, expected));
  gst_caps_unref(expected);
  gst_caps_unref(caps);
  gst_object_unref(pad);
  gst_object_unref(sink);
  const auto sent = pipeline.sent();
  fail_unless_equals_int(sent.front().segment.format, GST_FORMAT_TIME);
  fail_unless_equals_uint64(sent.front().segment.start, 0);
  fail_unless_equals_uint64(sent.front().segment.base, 0);
  fail_unless_equals_uint64(sent.front().segment.stop, GST_CLOCK_TIME_NONE);
  fail_unless_equals_uint64(sent.front().pts, 0);
  fail_unless_equals_int(static_cast<int>(sent.back().segment_events), 1);
}
GST_END_TEST;

// Rule: each segment's first buffer has the time of its first PCR relative to the first segment's,
// the durations lead from one to the next, segments are whole and in order, and dates advance.
GST_START_TEST(timestamps_and_durations) {
  Pipeline pipeline(source() + " ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  const auto enough = [&] {
    const auto sent = pipeline.sent();
    return !sent.empty() && sent.back().media_sequence >= sent.front().media_sequence + 8;
  };
  fail_unless(pipeline.wait(enough, 30s), "%s", pipeline.first_error().c_str());
  const auto sent = pipeline.sent();
  fail_unless(sent.front().pcr && sent.front().unix_time);
  GstClockTime expected = 0;
  guint64 next_offset = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto& buffer = sent[i];
    fail_unless(GST_CLOCK_TIME_IS_VALID(buffer.duration));
    fail_unless_equals_int(static_cast<int>(buffer.size % 188), 0);
    fail_unless_equals_int(buffer.begins_segment, buffer.offset == 0);
    if (buffer.begins_segment && i > 0) {
      const auto& last = sent[i - 1];
      fail_unless_equals_uint64(buffer.media_sequence, last.media_sequence + 1);
      fail_unless_equals_uint64(next_offset,
                                bytes_of("live" + std::to_string(last.media_sequence) + ".ts"));
    } else if (i > 0) {
      fail_unless_equals_uint64(buffer.offset, next_offset);
      fail_if(GST_CLOCK_TIME_IS_VALID(buffer.pts));
    }
    next_offset = buffer.offset + buffer.size;
    if (buffer.begins_segment) {
      fail_unless(distance(buffer.pts, *buffer.pcr - *sent.front().pcr) < gint64(GST_MSECOND));
      fail_unless(distance(buffer.pts, expected) < gint64(50 * GST_MSECOND),
                  "pts %" GST_TIME_FORMAT ", durations say %" GST_TIME_FORMAT,
                  GST_TIME_ARGS(buffer.pts), GST_TIME_ARGS(expected));
      fail_unless(distance(*buffer.unix_time - *sent.front().unix_time, buffer.pts) <
                  gint64(100 * GST_MSECOND));
      expected = buffer.pts;
    }
    expected += buffer.duration;
  }
}
GST_END_TEST;

// Rule: data is handed out at the stream's own pace, `lead` ahead and no more; `pace=none` is not.
static GstClockTime handed_out(const std::string& more, std::chrono::milliseconds within) {
  Pipeline pipeline(source() + " live-delay=6000000000 lead=1000000000" + more + " ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 0; }, 20s));
  pipeline.run(within);
  GstClockTime media = 0;
  for (const auto& buffer : pipeline.sent())
    media += buffer.duration;
  return media;
}

GST_START_TEST(pace) {
  const auto paced = handed_out("", 600ms);
  fail_unless(paced >= 900 * GST_MSECOND && paced <= 2500 * GST_MSECOND, "%" GST_TIME_FORMAT,
              GST_TIME_ARGS(paced));
  const auto unpaced = handed_out(" pace=none", 2s);
  fail_unless(unpaced >= 4 * GST_SECOND, "%" GST_TIME_FORMAT, GST_TIME_ARGS(unpaced));
}
GST_END_TEST;

// Rule: it plays; frames come out of decoders on time, and nothing is late.
GST_START_TEST(it_plays) {
  Pipeline pipeline(source() + " ! tsdemux name=d d. ! queue ! h264parse ! avdec_h264 ! "
                               "fakesink name=sink sync=true d. ! queue ! aacparse ! fakesink "
                               "sync=true");
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  pipeline.set_state(GST_STATE_PLAYING);
  const auto rendered = [&] {
    GstStructure* stats = nullptr;
    guint64 count = 0;
    g_object_get(sink, "stats", &stats, nullptr);
    gst_structure_get_uint64(stats, "rendered", &count);
    gst_structure_free(stats);
    return count;
  };
  fail_unless(pipeline.wait([&] { return rendered() > 150; }, 30s), "%s",
              pipeline.first_error().c_str());
  gst_object_unref(sink);
  fail_unless(pipeline.errors().empty());
}
GST_END_TEST;

// Rule: PAUSED -> READY forgets everything: each of ten rounds is like the first.
GST_START_TEST(ten_rounds_are_like_one) {
  Pipeline pipeline(source() + " ! fakesink");
  for (int round = 0; round < 10; ++round) {
    const auto before = pipeline.sent_count();
    pipeline.set_state(round % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    fail_unless(pipeline.wait([&] { return pipeline.sent_count() > before; }, 10s), "round %d: %s",
                round, pipeline.first_error().c_str());
    const auto first = pipeline.sent()[before];
    fail_unless(first.begins_segment && first.pts == 0 && first.segment.base == 0);
    fail_unless_equals_int(gst_element_set_state(pipeline.get(), GST_STATE_READY),
                           GST_STATE_CHANGE_SUCCESS);
    GstStructure* stats = nullptr;
    auto* element = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
    g_object_get(element, "stats", &stats, nullptr);
    guint64 delivered = 1;
    gst_structure_get_uint64(stats, "delivered-bytes", &delivered);
    fail_unless_equals_uint64(delivered, 0);
    gst_structure_free(stats);
    gst_object_unref(element);
  }
  pipeline.run(100ms);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}
GST_END_TEST;

// Rule: any change of state at any moment is fine.
GST_START_TEST(stress_of_state_changes) {
  auto* harness = gst_harness_new_parse(source().c_str());
  auto* thread = gst_harness_stress_statechange_start(harness);
  g_usleep(3 * G_USEC_PER_SEC);
  fail_unless(gst_harness_stress_thread_stop(thread) > 0);
  gst_harness_teardown(harness);
}
GST_END_TEST;

// Rule: nothing of GStreamer's is left when everything is let go. GStreamer's own tracer looks, in
// a process of its own.
GST_START_TEST(nothing_leaks) {
  processes::TemporaryDirectory directory("p2plive-gst-test");
  fail_unless_nothing_alive(
      play_once(source() + " num-buffers=8 ! tee name=t ! queue ! tsdemux ! fakesink t. ! queue ! "
                           "fakesink",
                "leaks", directory / "log"));
}
GST_END_TEST;

// Rule: nor is anything where a master playlist has date ranges, which are told of, and where the
// stream cannot be played.
GST_START_TEST(news_do_not_leak) {
  LiteralStream literal(*stream);
  literal.write("#EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"" + literal.first_date() +
                "\",X-COM-EXAMPLE=\"a\"\n");
  std::ofstream(stream->root() / "master.m3u8")
      << "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=320x240\nliteral.m3u8\n";
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const auto log = play_once("p2plivesrc name=src start-offset=0 pace=none num-buffers=4 uri=" +
                                 stream->url("master.m3u8") + " ! fakesink",
                             "leaks", directory / "log");
  fail_unless_nothing_alive(log);
  fail_unless(
      std::count(log.begin(), log.end(), "play-once: told of 1 qualities and 1 date ranges") == 1);
  fail_unless_nothing_alive(
      play_once("p2plivesrc name=src uri=" + stream->url("gone.m3u8") + " ! fakesink", "leaks",
                directory / "failed.log", "failed"));
}
GST_END_TEST;

// Rule: limits may change while it plays; stats move.
GST_START_TEST(changes_while_playing) {
  Pipeline pipeline(source() + " ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 3; }, 20s));
  auto* element = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
  g_object_set(element, "upload-limit", G_GINT64_CONSTANT(1000000), "max-peers", 5u, nullptr);
  const auto delivered = [&] {
    GstStructure* stats = nullptr;
    guint64 bytes = 0;
    g_object_get(element, "stats", &stats, nullptr);
    gst_structure_get_uint64(stats, "delivered-bytes", &bytes);
    gst_structure_free(stats);
    return bytes;
  };
  fail_unless(pipeline.wait([&] { return delivered() > 0; }, 5s));
  const auto before = delivered();
  fail_unless(pipeline.wait([&] { return delivered() > before; }, 10s));
  gst_object_unref(element);
}
GST_END_TEST;

static Suite* playback_suite() {
  auto* suite = suite_create("playback");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, caps_and_segment);
  tcase_add_test(tests, timestamps_and_durations);
  tcase_add_test(tests, pace);
  tcase_add_test(tests, it_plays);
  tcase_add_test(tests, ten_rounds_are_like_one);
  tcase_add_test(tests, stress_of_state_changes);
  tcase_add_test(tests, nothing_leaks);
  tcase_add_test(tests, news_do_not_leak);
  tcase_add_test(tests, changes_while_playing);
  return suite;
}

int main(int argc, char** argv) {
  be_the_player(argc, argv);
  gst_check_init(&argc, &argv);
  LiveStream live;
  live.wait_for_segments(6);
  stream = &live;
  return gst_check_run_suite(playback_suite(), "playback", __FILE__);
}
