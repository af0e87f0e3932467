// p2plivesrc with everything that HLS is made of, from a real encoder to decoded frames.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

#include <memory>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

using Kind = LiveStreamOptions::Kind;

guint64 rendered(GstElement* sink, const char* what = "rendered") {
  GstStructure* stats = nullptr;
  guint64 count = 0;
  g_object_get(sink, "stats", &stats, nullptr);
  gst_structure_get_uint64(stats, what, &count);
  gst_structure_free(stats);
  return count;
}

/// What is at this pad.
std::string caps_at(GstElement* element, const char* name) {
  auto* pad = gst_element_get_static_pad(element, name);
  auto* caps = gst_pad_get_current_caps(pad);
  auto* text = gst_caps_to_string(caps);
  std::string out = text;
  g_free(text);
  gst_caps_unref(caps);
  gst_object_unref(pad);
  return out;
}

/// What is at the source's pad.
std::string caps_of(Pipeline& pipeline) {
  auto* source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
  auto out = caps_at(source, "src");
  gst_object_unref(source);
  return out;
}

/// Decodes three seconds of it, in time: `per_second` frames come out of the decoder in each.
void plays(Kind kind, const std::string& caps, const std::string& chain, double per_second) {
  LiveStreamOptions options;
  options.kind = kind;
  LiveStream stream(options);
  stream.wait_for_segments(5);
  Pipeline pipeline("p2plivesrc name=src live-delay=4000000000 lead=2000000000 uri=" +
                    stream.url() + " ! " + chain);
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(sink) > 0; }, 20s), "no frame: %s",
              pipeline.first_error().c_str());
  const auto begin = std::chrono::steady_clock::now();
  const auto wanted = static_cast<guint64>(4 * per_second);
  fail_unless(pipeline.wait([&] { return rendered(sink) >= wanted; }, 20s),
              "%" G_GUINT64_FORMAT " frames only: %s", rendered(sink),
              pipeline.first_error().c_str());
  const auto took = std::chrono::steady_clock::now() - begin;
  fail_unless(took > 2500ms, "played in %d ms, not in its own time", static_cast<int>(took / 1ms));
  fail_unless_equals_uint64(rendered(sink, "dropped"), 0);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_unless(caps_of(pipeline).find(caps) == 0, "%s", caps_of(pipeline).c_str());
  gst_object_unref(sink);
}

const std::string decoded = "fakesink name=sink sync=true qos=true max-lateness=1000000000";

} // namespace

// Rule: fragmented MP4 plays in its own time, and its init section comes first, as a header.
GST_START_TEST(fragmented_mp4) {
  plays(Kind::fmp4, "video/quicktime",
        "qtdemux name=d d.video_0 ! queue ! h264parse ! avdec_h264 ! " + decoded +
            " d.audio_0 ! queue ! aacparse ! avdec_aac ! fakesink sync=true",
        25);
}
GST_END_TEST;

// Rule: what is encrypted with AES-128 plays like what is not.
GST_START_TEST(encrypted) {
  plays(Kind::encrypted_ts, "video/mpegts",
        "tsdemux name=d d. ! queue ! h264parse ! avdec_h264 ! " + decoded +
            " d. ! queue ! aacparse ! avdec_aac ! fakesink sync=true",
        25);
}
GST_END_TEST;

// Rule: packed audio plays, with the caps of its codec.
GST_START_TEST(packed_aac) {
  plays(Kind::aac, "audio/mpeg, mpegversion=(int)4", "aacparse ! avdec_aac ! " + decoded,
        48'000.0 / 1'024);
}
GST_END_TEST;

GST_START_TEST(packed_mp3) {
  plays(Kind::mp3, "audio/mpeg, mpegversion=(int)1", "mpegaudioparse ! avdec_mp3 ! " + decoded,
        48'000.0 / 1'152);
}
GST_END_TEST;

GST_START_TEST(packed_ac3) {
  plays(Kind::ac3, "audio/x-ac3", "ac3parse ! avdec_ac3 ! " + decoded, 48'000.0 / 1'536);
}
GST_END_TEST;

GST_START_TEST(packed_eac3) {
  plays(Kind::eac3, "audio/x-eac3", "ac3parse ! avdec_eac3 ! " + decoded, 48'000.0 / 1'536);
}
GST_END_TEST;

// Rule: players that choose demuxers themselves find the right one.
GST_START_TEST(playbin_plays_fragmented_mp4) {
  LiveStreamOptions options;
  options.kind = Kind::fmp4;
  LiveStream stream(options);
  stream.wait_for_segments(5);
  Pipeline pipeline(
      "playbin uri=\"p2plive+" + stream.url() +
      "\" video-sink=\"fakesink name=sink sync=true\" audio-sink=\"fakesink sync=true\"");
  pipeline.pause_while_buffering();
  GstElement* sink = nullptr;
  g_object_get(pipeline.get(), "video-sink", &sink, nullptr);
  fail_unless(sink != nullptr);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(sink) > 60; }, 30s), "%s",
              pipeline.first_error().c_str());
  gst_object_unref(sink);
}
GST_END_TEST;

// Rule: a pipeline that is built for another format is told so, once, with what to do.
GST_START_TEST(a_format_that_is_not_taken) {
  LiveStreamOptions options;
  options.kind = Kind::fmp4;
  LiveStream stream(options);
  stream.wait_for_segments(1);
  Pipeline pipeline("p2plivesrc uri=" + stream.url() + " ! tsdemux ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return !pipeline.errors().empty(); }, 30s));
  pipeline.wait([&] { return pipeline.errors().size() > 1; }, 500ms);
  fail_unless_equals_int(static_cast<int>(pipeline.errors().size()), 1);
  const auto& error = pipeline.errors().front();
  fail_unless(error.domain == GST_STREAM_ERROR && error.code == GST_STREAM_ERROR_FORMAT &&
                  error.text.find("decodebin") != std::string::npos,
              "%s", error.text.c_str());
}
GST_END_TEST;

// Rule: so does playbin3, of each kind.
GST_START_TEST(playbin3_plays_every_kind) {
  LiveStream streams[] = {LiveStream({.kind = Kind::fmp4}),
                          LiveStream({.kind = Kind::encrypted_ts}),
                          LiveStream({.kind = Kind::aac})};
  for (const auto& stream : streams) {
    const bool sound = &stream == std::end(streams) - 1;
    stream.wait_for_segments(5);
    Pipeline pipeline("playbin3 uri=\"p2plive+" + stream.url() +
                      "\" video-sink=\"fakesink sync=true\" audio-sink=\"fakesink sync=true\"");
    pipeline.pause_while_buffering();
    GstElement* sink = nullptr;
    g_object_get(pipeline.get(), sound ? "audio-sink" : "video-sink", &sink, nullptr);
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(pipeline.wait([&] { return rendered(sink) > 0; }, 20s), "%s: %s",
                stream.url().c_str(), pipeline.first_error().c_str());
    const auto caps = caps_at(sink, "sink");
    fail_unless(caps.starts_with(sound ? "audio/x-raw" : "video/x-raw"), "%s", caps.c_str());
    gst_object_unref(sink);
  }
}
GST_END_TEST;

static Suite* formats_suite() {
  auto* suite = suite_create("formats");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, fragmented_mp4);
  tcase_add_test(tests, encrypted);
  tcase_add_test(tests, packed_aac);
  tcase_add_test(tests, packed_mp3);
  tcase_add_test(tests, packed_ac3);
  tcase_add_test(tests, packed_eac3);
  tcase_add_test(tests, playbin_plays_fragmented_mp4);
  tcase_add_test(tests, a_format_that_is_not_taken);
  tcase_add_test(tests, playbin3_plays_every_kind);
  return suite;
}

GST_CHECK_MAIN(formats)
