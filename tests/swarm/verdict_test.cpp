// What fails a run, what fails --verify, and what counts as a stall.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/frame_clock.h"
#include "swarm/outcome.h"
#include "swarm/sink_watch.h"

#include <gst/check/gstcheck.h>

#include <array>
#include <cmath>

using namespace p2plive::bench;
using namespace std::chrono_literals;

/// Segment sn is 1 000 bytes, and the digest of its first n is "sn/n"; 5 to 9 exist.
static std::optional<Reference> reference(MediaSequence sn, std::uint64_t size) {
  if (sn < 5 || sn > 9 || size > 1000)
    return std::nullopt;
  return Reference{std::to_string(sn) + "/" + std::to_string(size), 1000};
}

static EmittedSegment good(MediaSequence sn, std::uint64_t size = 1000) {
  EmittedSegment segment;
  segment.sn = sn;
  segment.size = size;
  segment.sha256 = std::to_string(sn) + "/" + std::to_string(size);
  return segment;
}

static std::string fault_of(std::vector<EmittedSegment> segments) {
  ViewerRecord viewer;
  viewer.segments = std::move(segments);
  return fault_in_output(viewer, reference);
}

// Rule: whole segments in order with the CDN's bytes pass; the last may be a part of one.
GST_START_TEST(good_output_passes) {
  auto part = good(7, 300);
  part.last = true;
  fail_unless(fault_of({good(5), good(6), part}).empty());
}
GST_END_TEST;

// Rule: missing, repeated, reordered, half, other, spliced or unknown segments fail, or none at
// all.
GST_START_TEST(bad_output_fails) {
  auto half = good(6, 500), other = good(6), spliced = good(6), late = good(5), last = good(5, 10);
  other.sha256 = "5/1000";
  spliced.contiguous = false;
  late.first_offset = 188;
  last.last = true;
  for (const auto& segments : std::vector<std::vector<EmittedSegment>>{{good(5), good(7)},
                                                                       {good(5), good(5)},
                                                                       {good(6), good(5)},
                                                                       {good(5), half, good(7)},
                                                                       {good(5), other},
                                                                       {good(5), spliced},
                                                                       {late},
                                                                       {good(4)},
                                                                       {last},
                                                                       {}})
    fail_if(fault_of(segments).empty());
}
GST_END_TEST;

static RunRecord good_run() {
  RunRecord run;
  run.begin = run.last_join = Instant(100s);
  run.end = Instant(160s);
  run.cdn.emplace();
  ViewerRecord viewer;
  viewer.number = 1;
  viewer.asked = run.begin;
  viewer.first_frame = run.begin + 1s;
  for (int sn = 0; sn < 25; ++sn) {
    run.listed[sn] = {
        MediaSequence(sn), std::to_string(sn) + ".ts", 1000, run.begin + 2s * (sn + 1), {}};
    auto segment = good(sn);
    segment.ended = run.begin + 2s * (sn + 3);
    viewer.segments.push_back(segment);
  }
  run.viewers.push_back(viewer);
  return run;
}

static Circumstances circumstances() {
  Circumstances result;
  result.options.steady = 0s;
  result.idle_steady = 40;
  return result;
}

// Rule: a run counts when the machine had room, there were segments enough, and nobody fell over.
GST_START_TEST(a_good_run_is_valid) {
  auto outcome = judge(good_run(), circumstances(), reference);
  fail_unless(outcome.valid(), "%s", outcome.valid() ? "" : outcome.why[0].c_str());
  fail_unless_equals_int(outcome.exit_code(), 0);
}
GST_END_TEST;

// Rule: each of these alone makes a run invalid, and says why.
GST_START_TEST(bad_runs_are_not) {
  auto invalid = [](const RunRecord& run, const Circumstances& at, const char* why) {
    auto outcome = judge(run, at, reference);
    fail_unless(outcome.exit_code() == 1 && outcome.why.size() == 1 &&
                    outcome.why[0].find(why) != std::string::npos,
                "%s", why);
  };
  auto at = circumstances();
  at.idle_steady = 14;
  invalid(good_run(), at, "too busy");
  at = circumstances();
  at.interrupted = true;
  invalid(good_run(), at, "interrupted");
  at = circumstances();
  at.casualties = {"coturn killed by signal 9"};
  invalid(good_run(), at, "coturn");
  auto run = good_run();
  run.viewers[0].trouble = "no";
  invalid(run, circumstances(), "viewer-1 failed");
  run = good_run();
  run.viewers[0].first_frame.reset();
  invalid(run, circumstances(), "never showed");
  run = good_run();
  run.viewers[0].segments.resize(19);
  invalid(run, circumstances(), "too short");
}
GST_END_TEST;

// Rule: a stall and a viewer that is not verified fail a run, though it counts.
GST_START_TEST(stalls_and_wrong_bytes_fail) {
  auto run = good_run();
  run.viewers[0].stalls.push_back({Instant(120s), 300ms});
  auto outcome = judge(run, circumstances(), reference);
  fail_unless(outcome.valid() && outcome.exit_code() == 1);
  auto at = circumstances();
  at.options.verify = true;
  outcome = judge(good_run(), at, reference); // which knows 5 to 9 only
  fail_unless(outcome.valid() && outcome.exit_code() == 1);
  fail_unless(*outcome.verified == 0 && outcome.to_verify == 1);
  outcome = judge(good_run(), at, [](MediaSequence sn, std::uint64_t size) {
    return Reference{std::to_string(sn) + "/" + std::to_string(size), 1000};
  });
  fail_unless(*outcome.verified == 1 && outcome.exit_code() == 0);
}
GST_END_TEST;

// Rule: no frame for 200 ms more than a frame's duration is a stall, less is none.
GST_START_TEST(stalls_are_found) {
  StallDetector detector;
  fail_if(detector.ongoing(Instant(99s)).has_value()); // Not before the first frame.
  fail_if(detector.frame(Instant(10s), 40ms).has_value());
  fail_if(detector.frame(Instant(10s + 240ms), 40ms).has_value());
  auto stall = detector.frame(Instant(10s + 481ms), 40ms);
  fail_unless(stall && stall->begun == Instant(10s + 280ms) && stall->length == 201ms);
  fail_if(detector.ongoing(Instant(10s + 700ms)).has_value());
  fail_unless(detector.ongoing(Instant(11s + 481ms))->length == 960ms);
}
GST_END_TEST;

// Rule: a frame is in hand when it and the next had come out of the demuxer by then.
GST_START_TEST(frames_in_hand_are_known) {
  FramesInHand frames;
  fail_if(frames.shown(0ms, Instant(10s))); // Never seen.
  for (int i = 0; i < 4; ++i)
    frames.demuxed(Instant(10s + i * 1s), i * 40ms);
  fail_unless(frames.shown(0ms, Instant(11s)));
  fail_if(frames.shown(40ms, Instant(11500ms)));
  fail_if(frames.shown(120ms, Instant(20s))); // There is no next one yet.
  frames.demuxed(Instant(21s), 160ms);
  frames.demuxed(Instant(22s), 200ms);
  fail_unless(frames.shown(160ms, Instant(22s)));
}
GST_END_TEST;

/// A TS packet that begins a PES with that stream id and PTS.
static std::array<std::uint8_t, 188> packet(std::uint8_t stream_id, std::uint64_t pts) {
  std::array<std::uint8_t, 188> ts = {0x47, 0x41, 0x00, 0x30, 7, 0x50, 0, 0, 0, 0, 0, 0};
  std::uint8_t pes[14] = {0, 0, 1, stream_id, 0, 0, 0x80, 0x80, 5};
  pes[9] = static_cast<std::uint8_t>(0x21 | ((pts >> 29) & 0x0e));
  pes[10] = static_cast<std::uint8_t>(pts >> 22);
  pes[11] = static_cast<std::uint8_t>(((pts >> 14) & 0xfe) | 1);
  pes[12] = static_cast<std::uint8_t>(pts >> 7);
  pes[13] = static_cast<std::uint8_t>((pts << 1) | 1);
  std::copy(std::begin(pes), std::end(pes), ts.begin() + 12);
  return ts;
}

// Rule: a frame is placed by the stream's own timestamps, also where its 33 bits begin again and
// where the demuxer's clock jumps.
GST_START_TEST(frames_are_placed) {
  constexpr std::uint64_t wrap = 1ull << 33;
  auto audio = packet(0xc0, 5), video = packet(0xe0, wrap - 90'000);
  fail_unless(first_video_pts(video.data(), 188) == wrap - 90'000);
  fail_if(first_video_pts(audio.data(), 188).has_value());
  FrameClock clock;
  clock.segment(7, UnixTime(100s), true);
  clock.bytes(audio.data(), 188);
  clock.bytes(video.data(), 188);
  fail_if(clock.shown(5s).has_value());
  clock.demuxed(5s, true);
  clock.demuxed(5s + 40ms, false);
  auto next = packet(0xe0, 90'000); // two seconds later
  clock.segment(8, UnixTime(102s), false);
  clock.bytes(next.data(), 188);
  auto position = clock.shown(5s + 400ms);
  fail_unless(position && position->sn == 7 && position->offset == 400ms);
  position = clock.shown(7s + 80ms);
  fail_unless(position && position->sn == 8 && position->offset == 80ms &&
              position->start == UnixTime(102s));
  // A jump: what the demuxer still drains of before does not tie the clocks.
  auto other = packet(0xe1, 1'234'567);
  clock.segment(20, {}, true);
  clock.bytes(other.data(), 188);
  clock.demuxed(8s, false);
  clock.demuxed(30s, true);
  position = clock.shown(31s);
  fail_unless(position && position->sn == 20 && position->offset == 1s && !position->start);
}
GST_END_TEST;

static Suite* verdict_suite() {
  auto* suite = suite_create("verdict");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, good_output_passes);
  tcase_add_test(tcase, bad_output_fails);
  tcase_add_test(tcase, a_good_run_is_valid);
  tcase_add_test(tcase, bad_runs_are_not);
  tcase_add_test(tcase, stalls_and_wrong_bytes_fail);
  tcase_add_test(tcase, stalls_are_found);
  tcase_add_test(tcase, frames_in_hand_are_known);
  tcase_add_test(tcase, frames_are_placed);
  return suite;
}

GST_CHECK_MAIN(verdict)
