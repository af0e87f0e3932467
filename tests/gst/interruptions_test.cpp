// p2plivesrc when the stream breaks, or whoever watches it pauses.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"
#include "pipeline.h"
#include "shown.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <fstream>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

using Kind = LiveStreamOptions::Kind;

LiveStream* stream; ///< of main(), for tests that leave it alone

constexpr auto live_delay = 4s;
constexpr auto segment_duration = 1s;

std::string source(const LiveStream& from) {
  return "p2plivesrc name=src live-delay=4000000000 lead=1500000000 uri=" + from.url();
}

const std::string player = " ! tsdemux ! queue ! h264parse ! avdec_h264 ! fakesink name=sink "
                           "sync=true";

const std::string fragments_player =
    " ! qtdemux name=d d.video_0 ! queue ! h264parse ! avdec_h264 ! fakesink name=sink sync=true "
    "d.audio_0 ! queue ! fakesink sync=true";

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

/// Of the pictures that the sink gets.
int width(const Pipeline& pipeline) {
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  auto* pad = gst_element_get_static_pad(sink, "sink");
  auto* caps = gst_pad_get_current_caps(pad);
  int width = 0;
  gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width);
  gst_caps_unref(caps);
  gst_object_unref(pad);
  gst_object_unref(sink);
  return width;
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

// Rule: so it is of fragmented MP4, whose init section comes anew, with the break; and qtdemux
// takes what it says, such as the size of pictures.
GST_START_TEST(the_encoder_of_fragments_restarts) {
  LiveStream own({.kind = Kind::fmp4, .kilobits = 300});
  own.wait_for_segments(6);
  Pipeline pipeline(source(own) + fragments_player);
  Shown pictures(pipeline, "sink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 50; }, 20s), "%s",
              pipeline.first_error().c_str());
  fail_unless_equals_int(width(pipeline), 320);
  own.stop_encoder();
  own.set_picture_size("640x360");
  own.start_encoder();
  fail_unless(pipeline.wait([&] { return pipeline.sent().back().segment_events > 1; }, 40s), "%s",
              pipeline.first_error().c_str());
  const auto before = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 100; }, 20s),
              "%" G_GUINT64_FORMAT " pictures after it: %s", rendered(pipeline) - before,
              pipeline.first_error().c_str());
  fail_unless_equals_int(width(pipeline), 640);
  const auto sent = pipeline.sent();
  const auto breaks = [](const Sent& one) { return one.discont; };
  fail_unless_equals_int(static_cast<int>(std::count_if(sent.begin(), sent.end(), breaks)), 2);
  const auto anew = std::find_if(sent.begin() + 1, sent.end(), breaks);
  fail_if(anew->begins_segment, "it is no init section");
  fail_unless(std::next(anew)->begins_segment);
  fail_unless_equals_int(static_cast<int>(anew->segment_events), 2);
  fail_unless_equals_uint64(anew->running_time, anew->segment.base);
  fail_unless(pictures.flaws(0.04, 0.5).empty(), "%s", pictures.flaws(0.04, 0.5).c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}
GST_END_TEST;

// Rule: where the playlist says that the stream breaks, and it goes on with times from the
// beginning and pictures of another size, these follow at once, with DISCONT and a new segment.
GST_START_TEST(pictures_of_another_size) {
  LiveStream own({.kilobits = 300, .listed = 20});
  own.wait_for_segments(5);
  Pipeline pipeline(source(own) + player);
  Shown pictures(pipeline, "sink");
  const auto reach = [&](const std::function<bool()>& condition) {
    fail_unless(pipeline.wait(condition, 20s), "%zu pictures: %s", pictures.count(),
                pipeline.first_error().c_str());
  };
  pipeline.set_state(GST_STATE_PLAYING);
  reach([&] { return rendered(pipeline) > 25; });
  fail_unless_equals_int(width(pipeline), 320);
  own.stop_encoder();
  own.set_picture_size("640x360");
  own.go_on();
  reach([&] { return width(pipeline) == 640; });
  const auto before = rendered(pipeline);
  reach([&] { return rendered(pipeline) > before + 50; });
  const auto sent = pipeline.sent();
  const auto breaks = [](const Sent& one) { return one.discont; };
  fail_unless_equals_int(static_cast<int>(std::count_if(sent.begin(), sent.end(), breaks)), 2);
  const auto anew = std::find_if(sent.begin() + 1, sent.end(), breaks);
  fail_unless(anew->begins_segment);
  fail_unless_equals_uint64(anew->media_sequence, std::prev(anew)->media_sequence + 1);
  fail_unless_equals_int(static_cast<int>(anew->segment_events), 2);
  fail_unless_equals_uint64(anew->running_time, anew->segment.base);
  fail_unless_equals_int(static_cast<int>(sent.back().segment_events), 2);
  fail_unless(pictures.flaws(0.04, 0.1).empty(), "%s", pictures.flaws(0.04, 0.1).c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}
GST_END_TEST;

// Rule: a segment that the server says it does not have (EXT-X-GAP) is left out: what is behind it
// follows at once, with a break, to the end.
GST_START_TEST(a_gap) {
  LiveStream own({.kilobits = 300, .listed = 60});
  own.wait_for_segments(8);
  own.stop_encoder();
  std::ifstream live(own.root() / "live.m3u8");
  std::vector<std::string> lines;
  for (std::string line; std::getline(live, line);)
    lines.push_back(line);
  const auto begins_one = [](const std::string& line) { return line.starts_with("#EXTINF"); };
  const auto listed = static_cast<guint64>(std::count_if(lines.begin(), lines.end(), begins_one));
  const auto missing = listed - 4;
  std::ofstream with_gap(own.root() / "gap.m3u8");
  guint64 next = 0;
  for (const auto& line : lines)
    with_gap << (begins_one(line) && next++ == missing ? "#EXT-X-GAP\n" : "") << line << '\n';
  with_gap << "#EXT-X-ENDLIST\n" << std::flush;
  Pipeline pipeline("p2plivesrc name=src lead=1500000000 uri=" + own.url("gap.m3u8") + player);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.ended(); }, 30s), "%s",
              pipeline.first_error().c_str());
  std::vector<Sent> begins;
  for (const auto& one : pipeline.sent())
    if (one.begins_segment)
      begins.push_back(one);
  fail_unless(begins.size() > 3 && begins.back().media_sequence + 1 == listed);
  std::size_t gaps = 0;
  for (std::size_t i = 1; i < begins.size(); ++i) {
    const bool gap = begins[i].media_sequence == missing + 1;
    gaps += gap;
    fail_unless_equals_uint64(begins[i].media_sequence, begins[i - 1].media_sequence + 1 + gap);
    fail_unless_equals_int(begins[i].discont, gap);
    const auto step = GST_CLOCK_DIFF(begins[i - 1].running_time, begins[i].running_time);
    fail_unless(step > GST_MSECOND * 950 && step < GST_MSECOND * 1050, "%" G_GINT64_FORMAT, step);
  }
  fail_unless_equals_int(static_cast<int>(gaps), 1);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}
GST_END_TEST;

// Rule: when what came next has left the server while playback paused, it goes on near live, behind
// a break, with one message; with late=keep it misses nothing, for the viewer itself has it.
static void plays_on_beyond_the_window(bool skips, Kind kind = Kind::mpeg_ts) {
  LiveStream own({.kind = kind, .kilobits = 300, .listed = 6});
  own.wait_for_segments(6);
  Pipeline pipeline(source(own) + (skips ? "" : " late=keep") +
                    (kind == Kind::fmp4 ? fragments_player : player));
  Shown pictures(pipeline, "sink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 25; }, 20s), "%s",
              pipeline.first_error().c_str());
  pipeline.set_state(GST_STATE_PAUSED);
  fail_unless(pipeline.wait_for_state(GST_STATE_PAUSED, 5s));
  const auto before = pipeline.sent();
  const auto skipped_before = pipeline.skipped().size(); // of a start that was late
  const auto last = before.back().media_sequence;
  const auto next =
      own.root() / ("live" + std::to_string(last + 3) + (kind == Kind::fmp4 ? ".m4s" : ".ts"));
  fail_unless(pipeline.wait([&] { return std::filesystem::exists(next); }, 30s));
  fail_unless(pipeline.wait([&] { return !std::filesystem::exists(next); }, 30s));
  pipeline.set_state(GST_STATE_PLAYING);
  const auto shown = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > shown + 125; }, 30s),
              "%" G_GUINT64_FORMAT " pictures after it: %s", rendered(pipeline) - shown,
              pipeline.first_error().c_str());
  const auto sent = pipeline.sent();
  std::size_t breaks = 0;
  for (auto i = before.size(); i < sent.size(); ++i) {
    const auto step = sent[i].media_sequence - sent[i - 1].media_sequence;
    fail_unless(sent[i].discont ? sent[i].begins_segment && step > 3 : step <= 1);
    breaks += sent[i].discont;
  }
  fail_unless_equals_int(static_cast<int>(breaks), skips);
  fail_unless(pictures.flaws(0.04, 0.5).empty(), "%s", pictures.flaws(0.04, 0.5).c_str());
  fail_unless_equals_int(static_cast<int>(pipeline.skipped().size() - skipped_before), skips);
  fail_unless(skips == (pipeline.delay() < live_delay + 2 * segment_duration));
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}

GST_START_TEST(a_pause_beyond_the_window) {
  plays_on_beyond_the_window(true);
}
GST_END_TEST;

GST_START_TEST(a_pause_of_fragments_beyond_the_window) {
  plays_on_beyond_the_window(true, Kind::fmp4);
}
GST_END_TEST;

GST_START_TEST(late_may_be_kept_beyond_the_window) {
  plays_on_beyond_the_window(false);
}
GST_END_TEST;

// Rule: after a pause that is longer than the live delay, playback comes back to the live delay,
// with one message that says how much was left out; with late=keep there is none.
GST_START_TEST(a_pause_is_made_up_for) {
  Pipeline pipeline(source(*stream) + player);
  Shown pictures(pipeline, "sink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 50; }, 20s), "%s",
              pipeline.first_error().c_str());
  const auto normal = pipeline.delay();
  fail_unless(normal && *normal < live_delay + 2 * segment_duration, "%d ms",
              normal ? static_cast<int>(normal->count()) : -1);
  pipeline.set_state(GST_STATE_PAUSED);
  const auto skipped_before = pipeline.skipped().size(); // of a start that was late
  pipeline.run(7s);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.delay() > live_delay + 4s; }, 3s));
  fail_unless(
      pipeline.wait([&] { return pipeline.delay() < live_delay + 2 * segment_duration; }, 15s),
      "%d ms late", static_cast<int>(pipeline.delay()->count()));
  fail_unless(pipeline.wait([&] { return pipeline.skipped().size() > skipped_before; }, 1s));
  const auto before = rendered(pipeline);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 50; }, 10s));
  fail_unless_equals_int(static_cast<int>(pipeline.skipped().size() - skipped_before), 1);
  fail_unless(pipeline.skipped().back() > 3 * GST_SECOND &&
              pipeline.skipped().back() < 9 * GST_SECOND);
  fail_unless(pictures.flaws(0.04, 0.5).empty(), "%s", pictures.flaws(0.04, 0.5).c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}
GST_END_TEST;

// Rule: after an outage that is longer than the lead, and that nothing is left out for, pictures
// are in time again, for sinks that drop what is late.
static void plays_on_after_an_outage(Kind kind) {
  LiveStream own({.kind = kind, .kilobits = 300, .listed = 20});
  own.wait_for_segments(6);
  Pipeline pipeline(source(own) + " late=keep" + (kind == Kind::fmp4 ? fragments_player : player));
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink");
  g_object_set(sink, "max-lateness", gint64{40 * GST_MSECOND}, nullptr);
  gst_object_unref(sink);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > 50; }, 20s), "%s",
              pipeline.first_error().c_str());
  own.hang(true);
  // All that it has is played, and nothing for three seconds.
  guint64 before = 0;
  auto since = std::chrono::steady_clock::now();
  fail_unless(pipeline.wait(
      [&] {
        const auto now = std::chrono::steady_clock::now();
        if (rendered(pipeline) > before)
          since = now;
        before = rendered(pipeline);
        return now - since > 3s;
      },
      20s));
  own.hang(false);
  fail_unless(pipeline.wait([&] { return rendered(pipeline) > before + 100; }, 20s),
              "%" G_GUINT64_FORMAT " pictures after it", rendered(pipeline) - before);
  fail_unless(pipeline.skipped().empty());
  fail_unless_equals_int(static_cast<int>(pipeline.sent().back().segment_events), 2);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
}

GST_START_TEST(an_outage_longer_than_the_lead) {
  plays_on_after_an_outage(Kind::mpeg_ts);
}
GST_END_TEST;

GST_START_TEST(an_outage_of_fragments_longer_than_the_lead) {
  plays_on_after_an_outage(Kind::fmp4);
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
  tcase_add_test(tests, the_encoder_of_fragments_restarts);
  tcase_add_test(tests, pictures_of_another_size);
  tcase_add_test(tests, a_gap);
  tcase_add_test(tests, a_pause_beyond_the_window);
  tcase_add_test(tests, a_pause_of_fragments_beyond_the_window);
  tcase_add_test(tests, late_may_be_kept_beyond_the_window);
  tcase_add_test(tests, a_pause_is_made_up_for);
  tcase_add_test(tests, late_may_be_kept);
  tcase_add_test(tests, an_outage_longer_than_the_lead);
  tcase_add_test(tests, an_outage_of_fragments_longer_than_the_lead);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  LiveStream live({.kilobits = 300, .listed = 20});
  live.wait_for_segments(6);
  stream = &live;
  return gst_check_run_suite(interruptions_suite(), "interruptions", __FILE__);
}
