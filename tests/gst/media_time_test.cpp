// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media_time.h"

#include <gst/check/gstcheck.h>

using namespace p2plive;
using namespace std::chrono_literals;
using p2plive::gst::MediaTime;
using Time = MediaTime::Time;

namespace {

Buffer begin(std::optional<Time> timestamp, Time duration) {
  Buffer buffer;
  buffer.timestamp = timestamp;
  buffer.duration = duration;
  return buffer;
}

Buffer part(Time duration) {
  Buffer buffer;
  buffer.offset = 188;
  buffer.duration = duration;
  return buffer;
}

Buffer restart(std::optional<Time> timestamp, Time duration) {
  auto buffer = begin(timestamp, duration);
  buffer.discontinuity = true;
  return buffer;
}

void equals(Time is, Time should) {
  fail_unless_equals_int64(is.count(), should.count());
}

} // namespace

// Rule: media time begins at 0, whatever the encoder's clock says, with one segment.
GST_START_TEST(the_first_timestamp_is_zero) {
  MediaTime time;
  const auto first = time.place(begin(77s, 1s), {});
  equals(first.pts, 0s);
  fail_unless(first.segment.has_value());
  equals(first.segment->start, 0s);
  equals(first.segment->base, 0s);
  const auto second = time.place(part(1s), {});
  fail_if(second.segment.has_value());
  const auto third = time.place(begin(79s, 2s), {});
  fail_if(third.segment.has_value());
  equals(third.pts, 2s);
}
GST_END_TEST;

// Rule: timestamps decide, not EXTINF: durations that are 5 % short do not make playback fast.
GST_START_TEST(durations_that_are_short_do_not_add_up) {
  MediaTime time;
  for (int segment = 0; segment < 100; ++segment) {
    const auto place = time.place(begin(10s + segment * 2s, 1900ms), {});
    equals(place.pts, segment * 2s);
    fail_unless(place.segment.has_value() == (segment == 0));
  }
}
GST_END_TEST;

// Rule: where the timestamp parts from the durations by more than half a second, a new segment goes
// on at the running time so far, which is its timestamp, too, for those who keep the first segment;
// up to half a second it is drift.
GST_START_TEST(a_jump_makes_a_new_segment) {
  MediaTime time;
  time.place(begin(10s, 2s), {});
  fail_if(time.place(begin(12500ms, 2s), {}).segment.has_value());
  const auto jump = time.place(begin(24s, 2s), {});
  fail_unless(jump.segment.has_value());
  equals(jump.pts, 4500ms);
  equals(jump.segment->start, 4500ms);
  equals(jump.segment->base, 4500ms);
  equals(jump.segment->time, 14s);
  const auto back = time.place(begin(20s, 2s), {});
  fail_unless(back.segment.has_value());
  equals(back.segment->start, 6500ms);
  equals(back.segment->time, 10s);
  equals(jump.running, 4500ms);
  equals(jump.stream, 14s);
  const auto after = time.place(begin(22s, 2s), {});
  equals(after.running, 8500ms);
  equals(after.stream, 12s);
  equals(back.segment->base, 6500ms);
}
GST_END_TEST;

// Rule: every discontinuity makes a new segment, also where the times happen to fit.
GST_START_TEST(a_discontinuity_makes_a_new_segment) {
  MediaTime time;
  time.place(begin(10s, 2s), {});
  const auto place = time.place(restart(12s, 2s), {});
  fail_unless(place.segment.has_value());
  equals(place.segment->start, 2s);
  equals(place.segment->base, 2s);
}
GST_END_TEST;

// Rule: a restarted encoder's times from before our beginning still give times from 0 on.
GST_START_TEST(times_never_fall_below_zero) {
  MediaTime time;
  time.place(begin(1000s, 2s), {});
  const auto place = time.place(restart(1400ms, 2s), {});
  equals(place.pts, 2s);
  equals(place.segment->base, 2s);
  equals(time.place(begin(3400ms, 2s), {}).pts, 4s);
}
GST_END_TEST;

// Rule: after a stall a new segment begins no earlier than the clock, or all of it comes too late.
GST_START_TEST(a_new_segment_is_not_in_the_past) {
  MediaTime time;
  time.place(begin(10s, 2s), {});
  equals(time.place(restart(30s, 2s), 9s).segment->base, 9s);
  equals(time.place(restart(40s, 2s), 10s).segment->base, 11s);
}
GST_END_TEST;

// Rule: so it is of the first one, where nobody waited for it.
GST_START_TEST(the_beginning_is_not_in_the_past) {
  MediaTime time;
  const auto first = time.place(begin(77s, 1s), 5s);
  equals(first.pts, 5s);
  equals(first.segment->base, 5s);
  equals(first.segment->time, 0s);
}
GST_END_TEST;

// Rule: what comes after a stall, and too late for every sink, begins a segment that is in time;
// what comes in time, or a moment later, does not.
GST_START_TEST(what_is_late_is_not_late_for_ever) {
  MediaTime time;
  time.place(begin(10s, 2s), {});
  fail_if(time.place(begin(12s, 2s), 2200ms).segment.has_value());
  fail_if(time.place(part(1s), 9s).segment.has_value());
  const auto late = time.place(begin(15s, 2s), 9s);
  fail_unless(late.segment.has_value());
  equals(late.segment->base, 9s);
  equals(late.stream, 5s);
  fail_if(time.place(begin(17s, 2s), 10s).segment.has_value());
}
GST_END_TEST;

// Rule: without timestamps the durations count.
GST_START_TEST(durations_stand_in_for_timestamps) {
  MediaTime time;
  time.place(begin({}, 2s), {});
  equals(time.place(begin({}, 2s), {}).pts, 2s);
  const auto known = time.place(begin(500s, 2s), {});
  equals(known.pts, 4s);
  fail_if(known.segment.has_value());
}
GST_END_TEST;

// Rule: fragmented MP4 keeps its own timestamps, which qtdemux takes as they stand; the segment
// says where they are in media time.
GST_START_TEST(fragments_keep_their_times) {
  MediaTime time;
  auto init = begin(100'000s, 0s);
  init.format = Format::fmp4;
  init.init_section = true;
  const auto first = time.place(init, {});
  equals(first.pts, 100'000s);
  fail_unless(first.segment.has_value());
  equals(first.segment->start, 100'000s);
  equals(first.segment->base, 0s);
  equals(first.segment->time, 0s);
  auto fragment = begin(100'000s, 2s);
  fragment.format = Format::fmp4;
  const auto second = time.place(fragment, {});
  fail_if(second.segment.has_value());
  equals(second.pts, 100'000s);
  auto restarted = restart(3s, 2s);
  restarted.format = Format::fmp4;
  const auto third = time.place(restarted, 1s);
  equals(third.pts, 3s);
  equals(third.segment->start, 3s);
  equals(third.segment->base, 2s);
  equals(third.segment->time, 2s);
  equals(third.running, 2s);
  equals(third.stream, 2s);
}
GST_END_TEST;

static Buffer fragment(std::optional<Time> timestamp) {
  auto buffer = begin(timestamp, 2s);
  buffer.format = Format::fmp4;
  return buffer;
}

// Rule: an init section begins a segment, for which it is padded in turns: none stands where the
// one before it stood.
GST_START_TEST(init_sections_stand_apart) {
  MediaTime time;
  for (int count = 0; count < 4; ++count) {
    auto init = begin(100s + count * 2s, 0s);
    init.format = Format::fmp4;
    init.init_section = true;
    const auto place = time.place(init, {});
    fail_unless(place.segment.has_value());
    equals(place.segment->base, count * 2s);
    fail_unless_equals_int(place.padded, count % 2);
    auto rest = init;
    rest.offset = 32'712;
    const auto more = time.place(rest, {});
    fail_if(more.segment.has_value() || more.padded);
    const auto behind = time.place(fragment(100s + count * 2s), {});
    fail_if(behind.segment.has_value() || behind.padded);
  }
}
GST_END_TEST;

// Rule: where fragments' own timestamps are counted from elsewhere, a segment says so: when they
// fall below those of the beginning, though nothing tells of a break, and when they become known.
GST_START_TEST(fragments_may_be_counted_anew) {
  MediaTime time;
  time.place(fragment(100'000s), {});
  const auto fallen = time.place(fragment(1400ms), {});
  fail_unless(fallen.segment.has_value());
  equals(fallen.segment->start, 1400ms);
  equals(fallen.segment->base, 2s);
  MediaTime later;
  later.place(fragment({}), {});
  const auto known = later.place(fragment(500s), {});
  fail_unless(known.segment.has_value());
  equals(known.segment->start, 500s);
  equals(known.segment->base, 2s);
  fail_if(later.place(fragment(502s), {}).segment.has_value());
}
GST_END_TEST;

static Suite* media_time_suite() {
  auto* suite = suite_create("media_time");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, the_first_timestamp_is_zero);
  tcase_add_test(tests, durations_that_are_short_do_not_add_up);
  tcase_add_test(tests, a_jump_makes_a_new_segment);
  tcase_add_test(tests, a_discontinuity_makes_a_new_segment);
  tcase_add_test(tests, times_never_fall_below_zero);
  tcase_add_test(tests, a_new_segment_is_not_in_the_past);
  tcase_add_test(tests, the_beginning_is_not_in_the_past);
  tcase_add_test(tests, what_is_late_is_not_late_for_ever);
  tcase_add_test(tests, durations_stand_in_for_timestamps);
  tcase_add_test(tests, fragments_keep_their_times);
  tcase_add_test(tests, init_sections_stand_apart);
  tcase_add_test(tests, fragments_may_be_counted_anew);
  return suite;
}
GST_CHECK_MAIN(media_time)
