// p2plivesrc with adaptive=true: what decoders behind it make of a stream that changes its quality.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../viewer/ladder_stream.h"
#include "../viewer/narrow_link.h"
#include "pipeline.h"
#include "shown.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;
using test::LadderStream;

namespace {

/// Bytes a second: what the middle quality does not fit through, and the lowest does.
constexpr std::uint64_t narrow = 60'000;

/// Plays through a link that gets narrow, and wide again, until it has gone down and up.
void plays_on(bool fmp4, const std::string& demuxer) {
  LadderStream stream(fmp4);
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  Pipeline pipeline("p2plivesrc name=src adaptive=true start-bitrate=2000000 uri=" + link.url() +
                    "master.m3u8 ! identity name=passes ! " + demuxer +
                    " name=d d. ! queue ! h264parse ! avdec_h264 ! fakesink name=pictures sync=true"
                    " d. ! queue ! aacparse ! avdec_aac ! fakesink name=sounds sync=true");
  Shown pictures(pipeline, "pictures"), sounds(pipeline, "sounds"), passes(pipeline, "passes");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pictures.count() > 50; }, 20s), "no picture: %s",
              pipeline.first_error().c_str());
  using Bandwidths = std::vector<guint64>;
  fail_unless((pipeline.qualities() == Bandwidths{LadderStream::bandwidths[2]}));
  link.set_rate(narrow);
  fail_unless(pipeline.wait(
                  [&] { return pipeline.qualities().back() == LadderStream::bandwidths[0]; }, 20s),
              "it does not go down");
  auto downs = pipeline.qualities().size();
  link.set_rate(0);
  fail_unless(pipeline.wait([&] { return pipeline.qualities().size() > downs; }, 40s),
              "it does not go up");
  fail_unless_equals_uint64(pipeline.qualities().back(), LadderStream::bandwidths[1]);
  auto shown = pictures.count();
  fail_unless(pipeline.wait([&] { return pictures.count() > shown + 150; }, 20s));
  pipeline.set_state(GST_STATE_READY); // nothing comes after that, and all messages have
  pipeline.run(100ms);

  auto flaw = pictures.flaws(0.04, 0.002);
  fail_unless(flaw.empty(), "a picture comes %s", flaw.c_str());
  flaw = sounds.flaws(1024 / 44100.0, 0.002);
  fail_unless(flaw.empty(), "sound comes %s", flaw.c_str());
  const auto sent = pipeline.sent();
  auto breaks =
      std::count_if(sent.begin(), sent.end(), [](const Sent& one) { return one.discont; });
  fail_unless_equals_int(static_cast<int>(breaks), static_cast<int>(pipeline.qualities().size()));
  // Fragments of another quality begin with an init section, and that with a segment.
  const auto changes = static_cast<int>(pipeline.qualities().size()) - 1;
  fail_unless_equals_int(static_cast<int>(sent.back().segment_events), 1 + (fmp4 ? changes : 0));
  const auto bitrates = passes.bitrates();
  fail_unless(std::equal(bitrates.begin(), bitrates.end(), pipeline.qualities().begin(),
                         pipeline.qualities().end()),
              "%zu tags, %zu messages", bitrates.size(), pipeline.qualities().size());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

/// Begins with the lowest quality, and plays until it has gone up.
void goes_up_in(const std::string& player, bool fmp4) {
  LadderStream stream(fmp4);
  stream.wait_for(11);
  Pipeline pipeline(player + " uri=p2plive+" + stream.nginx().url() +
                    "master.m3u8 video-sink=\"fakesink sync=true\" audio-sink=\"fakesink "
                    "sync=true\"");
  g_signal_connect(pipeline.get(), "source-setup", G_CALLBACK(+[](GstElement*, GstElement* source) {
                     g_object_set(source, "adaptive", TRUE, "start-bitrate", guint64{300'000},
                                  nullptr);
                   }),
                   nullptr);
  pipeline.pause_while_buffering();
  GstElement* sink = nullptr;
  g_object_get(pipeline.get(), "video-sink", &sink, nullptr);
  Shown pictures(pipeline, sink);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.qualities().size() > 1; }, 60s), "%s",
              pipeline.first_error().c_str());
  fail_unless_equals_uint64(pipeline.qualities().front(), LadderStream::bandwidths[0]);
  // Behind what its queues hold of the quality before.
  const auto shown = pictures.count();
  fail_unless(pipeline.wait([&] { return pictures.count() > shown + 300; }, 30s),
              "%zu pictures after it: %s", pictures.count() - shown,
              pipeline.first_error().c_str());
  pipeline.set_state(GST_STATE_READY);
  const auto flaw = pictures.flaws(0.04, 0.002);
  fail_unless(flaw.empty(), "a picture comes %s", flaw.c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

} // namespace

// Rule: pictures and sound go on through every change of quality, none left
// out and none twice; a message and a tag tell of each.
GST_START_TEST(transport_stream) {
  plays_on(false, "tsdemux");
}
GST_END_TEST;

GST_START_TEST(fragmented_mp4) {
  plays_on(true, "qtdemux");
}
GST_END_TEST;

// Rule: so they do in players, which choose demuxers themselves.
GST_START_TEST(in_playbin) {
  goes_up_in("playbin", false);
}
GST_END_TEST;

GST_START_TEST(in_playbin3) {
  goes_up_in("playbin3", false);
}
GST_END_TEST;

GST_START_TEST(fragments_in_playbin) {
  goes_up_in("playbin", true);
}
GST_END_TEST;

GST_START_TEST(fragments_in_playbin3) {
  goes_up_in("playbin3", true);
}
GST_END_TEST;

// Rule: start-bitrate says what to begin with, and where it does not connection-speed.
GST_START_TEST(where_it_begins) {
  LadderStream stream;
  stream.wait_for(8);
  const auto& bandwidths = LadderStream::bandwidths;
  for (const auto& [properties, bandwidth] :
       {std::pair("", bandwidths[0]), std::pair("connection-speed=700", bandwidths[1]),
        std::pair("start-bitrate=2000000", bandwidths[2]),
        std::pair("start-bitrate=2000000 connection-speed=700", bandwidths[1]),
        std::pair("start-bitrate=300000 connection-speed=700", bandwidths[0])}) {
    Pipeline pipeline(std::string("p2plivesrc name=src adaptive=true ") + properties +
                      " uri=" + stream.nginx().url() + "master.m3u8 ! fakesink");
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(pipeline.wait([&] { return !pipeline.qualities().empty(); }, 10s), "%s",
                pipeline.first_error().c_str());
    fail_unless_equals_uint64(pipeline.qualities().front(), bandwidth);
  }
}
GST_END_TEST;

// Rule: it is off where nobody asks for it.
GST_START_TEST(off_by_default) {
  auto* source = gst_element_factory_make("p2plivesrc", nullptr);
  gboolean adaptive = TRUE;
  g_object_get(source, "adaptive", &adaptive, nullptr);
  fail_if(adaptive);
  g_object_set(source, "adaptive", TRUE, nullptr);
  g_object_get(source, "adaptive", &adaptive, nullptr);
  fail_unless(adaptive);
  gst_object_unref(source);
}
GST_END_TEST;

static Suite* adaptive_suite() {
  auto* suite = suite_create("adaptive");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 150);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, transport_stream);
  tcase_add_test(tcase, fragmented_mp4);
  tcase_add_test(tcase, in_playbin);
  tcase_add_test(tcase, in_playbin3);
  tcase_add_test(tcase, fragments_in_playbin);
  tcase_add_test(tcase, fragments_in_playbin3);
  tcase_add_test(tcase, where_it_begins);
  tcase_add_test(tcase, off_by_default);
  return suite;
}

GST_CHECK_MAIN(adaptive)
