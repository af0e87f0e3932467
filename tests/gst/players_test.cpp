// p2plivesrc where applications put it: in what chooses elements itself, twice in one process, and
// before what asks what a stream is.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gst_play.h"
#include "live_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>
#include <gst/pbutils/pbutils.h>

#include <fstream>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

LiveStream* stream;  ///< of main()
LiveStream* another; ///< of main(): fragmented MP4

constexpr guint64 enough = 50; ///< pictures: two seconds

guint64 rendered(const Pipeline& pipeline, const char* name) {
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), name);
  GstStructure* stats = nullptr;
  guint64 count = 0;
  g_object_get(sink, "stats", &stats, nullptr);
  gst_structure_get_uint64(stats, "rendered", &count);
  gst_structure_free(stats);
  gst_object_unref(sink);
  return count;
}

/// Pictures come out of `description`'s sink, and nothing goes wrong.
void plays(const std::string& description) {
  Pipeline pipeline(description);
  pipeline.pause_while_buffering();
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline, "sink") >= enough; }, 30s),
              "%" G_GUINT64_FORMAT " pictures; %s", rendered(pipeline, "sink"),
              pipeline.first_error().c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

/// Takes pictures from the decoder `d`, and lets the sound go.
const std::string pictures = " d. ! video/x-raw ! queue ! fakesink name=sink sync=true "
                             " d. ! audio/x-raw ! queue ! fakesink sync=true";

std::string source(const LiveStream& of) {
  return "p2plivesrc live-delay=5000000000 uri=" + of.url() + " ! ";
}

} // namespace

// Rule: what finds demuxers and decoders itself finds the right ones.
GST_START_TEST(decodebins) {
  for (const auto* of : {stream, another})
    plays(source(*of) + "decodebin name=d" + pictures);
}
GST_END_TEST;

GST_START_TEST(uridecodebins) {
  for (const auto* of : {stream, another})
    for (const std::string name : {"uridecodebin", "uridecodebin3"})
      plays(name + " name=d uri=p2plive+" + of->url() + pictures);
}
GST_END_TEST;

// Rule: two elements in one process do not disturb each other, be it on one stream or on two.
GST_START_TEST(two_at_once) {
  for (const auto* second : {stream, another}) {
    Pipeline pipeline(source(*stream) + "fakesink name=a " + source(*second) + "fakesink name=b");
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(
        pipeline.wait([&] { return rendered(pipeline, "a") > 8 && rendered(pipeline, "b") > 8; },
                      20s),
        "%s", pipeline.first_error().c_str());
    fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  }
}
GST_END_TEST;

// Rule: who asks what a stream is gets an answer: it cannot be sought in, and has no duration.
GST_START_TEST(discoverer) {
  GError* error = nullptr;
  auto* discoverer = gst_discoverer_new(20 * GST_SECOND, &error);
  fail_unless(discoverer != nullptr);
  for (const auto* of : {stream, another}) {
    auto* info = gst_discoverer_discover_uri(discoverer, ("p2plive+" + of->url()).c_str(), &error);
    fail_unless(info && !error, "%s", error ? error->message : "no answer");
    fail_unless_equals_int(gst_discoverer_info_get_result(info), GST_DISCOVERER_OK);
    fail_if(gst_discoverer_info_get_seekable(info));
    // An init section may say how long it is that the stream was on air (ffmpeg's do): qtdemux
    // tells.
    auto duration = gst_discoverer_info_get_duration(info);
    fail_if(of == stream && GST_CLOCK_TIME_IS_VALID(duration) && duration > 0);
    auto* video = gst_discoverer_info_get_video_streams(info);
    auto* audio = gst_discoverer_info_get_audio_streams(info);
    fail_unless(video && audio);
    gst_discoverer_stream_info_list_free(video);
    gst_discoverer_stream_info_list_free(audio);
    g_object_unref(info);
  }
  g_object_unref(discoverer);
}
GST_END_TEST;

// Rule: gst-play-1.0 plays a stream by its address alone, and ends when it is told to.
GST_START_TEST(gst_play) {
  GstPlay player("p2plive+" + stream->url());
  fail_unless(player.wait([&] { return player.position() > 1; }, 20s), "%s",
              player.output().c_str());
  player.press('q');
  const auto ending = player.end(3s);
  fail_unless(ending && ending->ok(), "%s", player.output().c_str());
  fail_unless(player.output().find("ERROR") == std::string::npos, "%s", player.output().c_str());
}
GST_END_TEST;

// Rule: where the stream has its end gst-play-1.0 plays to it, and is done.
GST_START_TEST(gst_play_to_the_end) {
  std::ifstream live(stream->root() / "live.m3u8");
  std::ofstream(stream->root() / "ended.m3u8") << live.rdbuf() << "#EXT-X-ENDLIST\n";
  GstPlay player("p2plive+" + stream->url("ended.m3u8"));
  const auto ending = player.end(30s);
  fail_unless(ending && ending->ok(), "%s", player.output().c_str());
  fail_unless(player.position() > 3, "%s", player.output().c_str());
  fail_unless(player.output().find("Reached end of play list") != std::string::npos, "%s",
              player.output().c_str());
}
GST_END_TEST;

static Suite* players_suite() {
  auto* suite = suite_create("players");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, decodebins);
  tcase_add_test(tests, uridecodebins);
  tcase_add_test(tests, two_at_once);
  tcase_add_test(tests, discoverer);
  tcase_add_test(tests, gst_play);
  tcase_add_test(tests, gst_play_to_the_end);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live;
  LiveStreamOptions options;
  options.kind = LiveStreamOptions::Kind::fmp4;
  LiveStream fragmented(options);
  live.wait_for_segments(6);
  fragmented.wait_for_segments(6);
  stream = &live;
  another = &fragmented;
  return gst_check_run_suite(players_suite(), "players", __FILE__);
}
