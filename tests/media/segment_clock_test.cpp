// One line of time for the segments of a session, in every container.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "boxes.h"
#include "fixtures.h"
#include "id3.h"

#include "media/segment_clock.h"

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t second = 90'000; // of ticks

Bytes init_with_timescale(std::uint32_t timescale) {
  return init_section(trak(1, timescale, "vide"));
}

Bytes fragment(std::uint64_t time) {
  return box("styp", Bytes(8)) + moof(traf(1, time));
}

Bytes packed(std::uint64_t ticks) {
  return id3(4, timestamp_frame(4, ticks)) + Bytes{0xff, 0xf1, 0x50, 0x80};
}

} // namespace

// Rule: MPEG-TS has its PCR's time, with rubbish before it too, whatever that looks like.
GST_START_TEST(mpeg_ts) {
  auto segment = read_fixture_bytes("ffmpeg.ts");
  for (auto rubbish : {Bytes{}, Bytes{1, 2, 3}, text("ID3") + Bytes{4, 0, 0, 0, 0, 0, 0}}) {
    SegmentClock clock;
    fail_unless(clock.begin(rubbish + segment) == 2'723'222'222ns); // 245090 at 90 kHz
  }
  segment[3 * 188 + 11] = 27; // of the PCR's extension, at 27 MHz
  SegmentClock clock;
  fail_unless(clock.begin(segment) == 2'723'223'222ns);
  fail_if(clock.begin(text("<html>")).has_value());
  fail_if(clock.begin({}).has_value());
}
GST_END_TEST;

// Rule: ID3 timestamps go on over the wrap at 33 bits, until a new line begins.
GST_START_TEST(packed_audio) {
  SegmentClock clock;
  auto start = clock.begin(packed(ticks33_modulus - 2 * second));
  fail_unless(start.has_value());
  fail_unless(*clock.begin(packed(4 * second)) - *start == 6s);
  fail_if(clock.begin(Bytes{0xff, 0xf1, 0x50, 0x80}).has_value()); // audio without a tag
  clock.restart();
  fail_unless(clock.begin(packed(4 * second)) == 4s);
}
GST_END_TEST;

// Rule: MPEG-TS and packed audio of one session share a line.
GST_START_TEST(one_line) {
  SegmentClock clock;
  auto start = clock.begin(packed(ticks33_modulus - second));
  auto next = clock.begin(read_fixture_bytes("ffmpeg.ts"));
  fail_unless(*next - *start == 1s + 2'723'222'222ns || *next - *start == 1s + 2'723'222'223ns);
}
GST_END_TEST;

// Rule: decode times stand for themselves, in 64 bits and units of the init section.
GST_START_TEST(fragmented_mp4) {
  SegmentClock clock;
  fail_if(clock.begin(fragment(second)).has_value());
  clock.init(init_with_timescale(90'000));
  fail_unless(clock.begin(fragment((ticks33_modulus / second + 1) * second)) == 95'444s);
  fail_unless(clock.begin(fragment(second)) == 1s); // unlike ticks of 33 bits
  clock.restart();
  fail_unless(clock.begin(fragment(2 * second)) == 2s); // the init section stays
  clock.init(init_with_timescale(1000));
  fail_unless(clock.begin(fragment(2000)) == 2s);
  clock.init(text("no init section"));
  fail_if(clock.begin(fragment(2000)).has_value());
}
GST_END_TEST;

// Rule: a segment that carries its own init section goes by that one, and so do those after it.
GST_START_TEST(segments_with_their_own_init_section) {
  SegmentClock clock;
  clock.init(init_with_timescale(90'000));
  fail_unless(clock.begin(init_with_timescale(1000) + fragment(3000)) == 3s);
  fail_unless(clock.begin(fragment(4000)) == 4s);
}
GST_END_TEST;

static Suite* segment_clock_suite() {
  auto* suite = suite_create("segment_clock");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, mpeg_ts);
  tcase_add_test(tcase, packed_audio);
  tcase_add_test(tcase, one_line);
  tcase_add_test(tcase, fragmented_mp4);
  tcase_add_test(tcase, segments_with_their_own_init_section);
  return suite;
}

GST_CHECK_MAIN(segment_clock)
