// Where fragments of real muxers begin, as the probe says and as qtdemux does.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bytes.h"
#include "fixtures.h"

#include "media/fmp4_probe.h"

#include <algorithm>
#include <gst/check/gstharness.h>
#include <map>

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

using Time = std::chrono::nanoseconds;

/// qtdemux behind a source that pushes a TIME segment, as p2plivesrc does. Its pads lead nowhere.
class Demuxer {
public:
  explicit Demuxer(Time start) {
    g_signal_connect(harness_->element, "pad-added", G_CALLBACK(pad_added), this);
    gst_harness_set_src_caps_str(harness_, "video/quicktime, variant=(string)iso-fragmented");
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.position = segment.time = static_cast<guint64>(start.count());
    fail_unless(gst_harness_push_event(harness_, gst_event_new_segment(&segment)));
  }
  ~Demuxer() { gst_harness_teardown(harness_); }
  Demuxer(const Demuxer&) = delete;
  Demuxer& operator=(const Demuxer&) = delete;

  void push(const Bytes& bytes, GstClockTime pts) {
    auto* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = pts;
    fail_unless_equals_int(gst_harness_push(harness_, buffer), GST_FLOW_OK);
  }

  /// The decode time of the first buffer on the pad "video" or "audio".
  Time first(const std::string& kind) const {
    auto it = first_.find(kind);
    fail_unless(it != first_.end(), "no %s", kind.c_str());
    return it->second;
  }

  /// Where the segment starts that came with it.
  Time start(const std::string& kind) const { return starts_.at(kind); }

private:
  static void pad_added(GstElement*, GstPad* pad, gpointer self) {
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, got_buffer, self, nullptr);
  }

  static Time segment_start(GstPad* pad) {
    auto* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment* segment;
    gst_event_parse_segment(event, &segment);
    Time start(segment->start);
    gst_event_unref(event);
    return start;
  }

  static GstPadProbeReturn got_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
    std::string kind(GST_PAD_NAME(pad), 5);
    auto time = GST_BUFFER_DTS_OR_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    auto* demuxer = static_cast<Demuxer*>(self);
    demuxer->first_.emplace(kind, Time(time));
    demuxer->starts_.emplace(kind, segment_start(pad));
    return GST_PAD_PROBE_DROP;
  }

  GstHarness* harness_ = gst_harness_new_with_padnames("qtdemux", "sink", nullptr);
  std::map<std::string, Time> first_;
  std::map<std::string, Time> starts_;
};

/// Puts `time` where the first tfdt has its own.
void set_decode_time(Bytes& segment, std::uint64_t time) {
  auto name = text("tfdt");
  auto at = std::search(segment.begin(), segment.end(), name.begin(), name.end());
  fail_unless(segment.end() - at >= 16 && at[4] == 1); // 64 bits
  auto bytes = number(time, 8);
  std::copy(bytes.begin(), bytes.end(), at + 8);
}

} // namespace

// Rule: the time that the probe finds is the decode time that qtdemux gives the first picture,
// whatever timestamp the buffer has; and the segment of p2plivesrc is passed on as it is, edit
// lists or not.
GST_START_TEST(pictures_begin_where_the_probe_says) {
  for (std::string name : {"ffmpeg", "ffmpeg-sound-first"}) {
    auto init = read_fixture_bytes(name + "-init.mp4");
    auto segment = read_fixture_bytes(name + ".m4s");
    auto time = probe_fragment(probe_init(init).value_or(Fmp4Init{}), segment);
    fail_unless(time == 1s); // as ffprobe says, without the edit list
    for (auto pts : {Time(*time), Time(0), Time(7h)}) {
      Demuxer demuxer(*time);
      demuxer.push(init, GST_CLOCK_TIME_NONE);
      demuxer.push(segment, static_cast<GstClockTime>(pts.count()));
      fail_unless(demuxer.first("video") == *time);
      fail_unless(demuxer.first("audio") == 896ms);
      fail_unless(demuxer.start("video") == *time && demuxer.start("audio") == *time);
    }
  }
}
GST_END_TEST;

// Rule: so it is with times of more than 32 bits, to the nanosecond.
GST_START_TEST(times_are_rounded_as_qtdemux_does) {
  auto init = read_fixture_bytes("ffmpeg-init.mp4");
  auto segment = read_fixture_bytes("ffmpeg.m4s");
  set_decode_time(segment, 30'123'456'789'013); // the picture's, which comes first
  auto time = probe_fragment(*probe_init(init), segment);
  fail_unless(time == 2'941'743'827'052'050'781ns);
  Demuxer demuxer(*time);
  demuxer.push(init, GST_CLOCK_TIME_NONE);
  demuxer.push(segment, static_cast<GstClockTime>(time->count()));
  fail_unless(demuxer.first("video") == *time);
}
GST_END_TEST;

// Rule: where a fragment holds one track only, as those of mp4mux do, that track's time counts.
GST_START_TEST(fragments_of_one_track) {
  auto bytes = read_fixture_bytes("mp4mux.mp4");
  auto init = probe_init(bytes); // the file carries its own
  fail_unless(init && carries_init(bytes) && init->tracks.size() == 2);
  fail_unless((init->tracks[0] == Fmp4Track{TrackId{1}, Fmp4Track::Kind::video, 1000}));
  fail_unless((init->tracks[1] == Fmp4Track{TrackId{2}, Fmp4Track::Kind::audio, 16'000}));
  fail_unless(probe_fragment(*init, bytes) == 0s);
  Demuxer demuxer(0s);
  demuxer.push(bytes, 0);
  fail_unless(demuxer.first("audio") == 0s);
}
GST_END_TEST;

static Suite* qtdemux_suite() {
  auto* suite = suite_create("qtdemux");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, pictures_begin_where_the_probe_says);
  tcase_add_test(tcase, times_are_rounded_as_qtdemux_does);
  tcase_add_test(tcase, fragments_of_one_track);
  return suite;
}

GST_CHECK_MAIN(qtdemux)
