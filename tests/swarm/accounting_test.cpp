// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/accounting.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::bench;
using namespace std::chrono_literals;

static Instant at(std::chrono::nanoseconds time) {
  return Instant(100s + time);
}
static UnixTime shot(std::chrono::nanoseconds time) {
  return UnixTime(5000s + time);
}

static EmittedSegment emitted(MediaSequence sn, std::chrono::nanoseconds ended,
                              std::uint64_t size = 1000) {
  EmittedSegment segment;
  segment.sn = sn;
  segment.size = size;
  segment.begun = at(ended - 2s);
  segment.ended = at(ended);
  return segment;
}

/// Two viewers that stay, segments 0 to 9 of 1 000 bytes, one listed every 2 s; viewer-1 takes all
/// from the CDN.
static RunRecord two_viewers() {
  RunRecord run;
  run.begin = at(0s);
  run.last_join = at(1s);
  run.end = at(24s);
  run.joining = 4s;
  run.cdn.emplace();
  for (unsigned number : {1u, 2u}) {
    ViewerRecord viewer;
    viewer.number = number;
    viewer.token = "viewer-" + std::to_string(number);
    viewer.asked = at(number == 1 ? 0s : 1s);
    run.viewers.push_back(viewer);
  }
  for (int sn = 0; sn < 10; ++sn) {
    auto listed = 2s * sn;
    run.listed[sn] = {MediaSequence(sn), "segment" + std::to_string(sn) + ".ts", 1000, at(listed),
                      shot(listed - 2s)};
    for (auto& viewer : run.viewers)
      viewer.segments.push_back(emitted(sn, listed + 5s));
    run.cdn->push_back(
        {at(listed + 1s), "/segment" + std::to_string(sn) + ".ts", 206, 1000, "viewer-1"});
  }
  return run;
}

// From 5 s to 24 s segments 3 to 9 are listed, and 9, the last, is handed out at 23 s.
static const Window steady = {at(5s), at(24s)};

// Rule: the set is what was first listed in the window and handed out by all who stay before its
// end.
GST_START_TEST(the_set_is_listed_and_handed_out_inside) {
  auto run = two_viewers();
  fail_unless(steady_set(run, steady) == std::set<MediaSequence>({3, 4, 5, 6, 7, 8, 9}));
  fail_unless(steady_set(run, {at(5s), at(22s)}) == std::set<MediaSequence>({3, 4, 5, 6, 7, 8}));
  run.viewers[1].segments.back().last = true; // Only begun.
  fail_unless(steady_set(run, steady) == std::set<MediaSequence>({3, 4, 5, 6, 7, 8}));
  run.viewers[1].segments.erase(run.viewers[1].segments.begin() + 5);
  fail_unless(steady_set(run, steady) == std::set<MediaSequence>({3, 4, 6, 7, 8}));
}
GST_END_TEST;

// Rule: a viewer that leaves or joins in between does not make the set smaller.
GST_START_TEST(only_who_stays_decides_the_set) {
  auto run = two_viewers();
  ViewerRecord joiner;
  joiner.initial = false;
  run.viewers.push_back(joiner);
  run.viewers[1].churned = true;
  run.viewers[1].segments.clear();
  fail_unless_equals_int(steady_set(run, steady).size(), 7);
}
GST_END_TEST;

// Rule: copies is bytes of the set that the log shows as sent over their size, offload one minus
// them over what was handed out.
GST_START_TEST(copies_and_offload_are_of_the_set) {
  auto run = two_viewers();
  auto figures = steady_figures(run, steady);
  fail_unless_equals_uint64(figures.delivered_bytes, 14000);
  fail_unless_equals_uint64(*figures.cdn_segment_bytes, 7000);
  fail_unless_equals_float(*figures.copies, 1);
  fail_unless_equals_float(*figures.offload, 0.5);
  // Bytes of a segment outside the set count nowhere; of one inside they do, whenever sent.
  run.cdn->push_back({at(10s), "/segment1.ts", 200, 1000, "viewer-2"});
  fail_unless_equals_float(*steady_figures(run, steady).copies, 1);
  run.cdn->push_back({at(30s), "/segment4.ts", 206, 700, "viewer-2"});
  fail_unless_equals_float(*steady_figures(run, steady).copies, 1.1);
}
GST_END_TEST;

// Rule: errors are no copies, playlists are apart, and so is who is not a viewer.
GST_START_TEST(only_media_to_viewers_are_copies) {
  auto run = two_viewers();
  run.cdn->push_back({at(10s), "/segment4.ts", 404, 153, "viewer-1"});
  run.cdn->push_back({at(10s), "/segment4.ts", 200, 1000, "curl"});
  run.cdn->push_back({at(10s), "/live.m3u8", 200, 400, "viewer-1"});
  run.cdn->push_back({at(2s), "/live.m3u8", 200, 400, "viewer-1"}); // before the window
  auto figures = steady_figures(run, steady);
  fail_unless_equals_float(*figures.copies, 1);
  fail_unless_equals_uint64(*figures.playlist_bytes, 400);
  fail_unless_equals_uint64(*whole_figures(run).playlist_bytes, 800);
}
GST_END_TEST;

// Rule: what goes to viewers in their first seconds is shown apart.
GST_START_TEST(joins_are_apart) {
  auto run = two_viewers();
  ViewerRecord joiner;
  joiner.initial = false;
  joiner.token = "viewer-3";
  joiner.asked = at(12s);
  run.viewers.push_back(joiner);
  run.cdn->push_back({at(13s), "/segment5.ts", 200, 1000, "viewer-3"}); // joining
  run.cdn->push_back({at(17s), "/segment7.ts", 200, 2500, "viewer-3"}); // no more
  auto figures = steady_figures(run, steady);
  fail_unless_equals_float(*figures.copies_join, 1.0 / 7);
  fail_unless_equals_float(*figures.copies_base, 9.5 / 7);
  fail_unless_equals_float(*figures.copies, 10.5 / 7);
  fail_unless_equals_int(figures.viewers, 3);
}
GST_END_TEST;

// Rule: bytes that a killed viewer had got of the segment it was in are delivered, too, once.
GST_START_TEST(a_killed_viewers_last_bytes_count) {
  auto run = two_viewers();
  run.viewers[1].segments.resize(8);
  Sample sample;
  sample.sn = 8;
  sample.sn_bytes = 300;
  run.viewers[1].samples.push_back(sample);
  fail_unless_equals_uint64(whole_figures(run).delivered_bytes, 18300);
  run.viewers[1].segments.push_back(emitted(8, 19s, 350)); // It could say so after all.
  run.viewers[1].segments.back().last = true;
  fail_unless_equals_uint64(whole_figures(run).delivered_bytes, 18350);
}
GST_END_TEST;

// Rule: stalls count in the window in which they begin.
GST_START_TEST(stalls_by_their_beginning) {
  auto run = two_viewers();
  run.viewers[0].stalls = {{at(4s), 3s}, {at(6s), 500ms, true}};
  auto figures = steady_figures(run, steady);
  fail_unless_equals_int(figures.stalls, 1);
  fail_unless_equals_float(figures.stall_seconds, 0.5);
  fail_unless_equals_int(whole_figures(run).stalls, 2);
  fail_unless_equals_int(figures.starved_stalls, 0);
  fail_unless_equals_int(whole_figures(run).starved_stalls, 1);
  fail_unless_equals_float(whole_figures(run).stall_seconds, 3.5);
}
GST_END_TEST;

// Rule: start-up is from asking; delay is wall clock minus when the frame was shot, by the
// encoder's word before the element's.
GST_START_TEST(start_up_and_delay) {
  auto run = two_viewers();
  run.viewers[0].first_byte = at(200ms);
  run.viewers[0].first_frame = at(600ms);
  run.viewers[1].first_frame = at(1900ms);
  ShownFrame frame;
  frame.at = at(10s);
  frame.sn = 3; // shot at 4 s
  frame.offset = 500ms;
  frame.wall = shot(12s);
  frame.start = shot(0s); // wrong, and not believed
  run.viewers[0].frames.push_back(frame);
  auto whole = whole_figures(run);
  fail_unless_equals_float(*whole.startup_ms_p50, 600);
  fail_unless_equals_float(*whole.startup_ms_p95, 900);
  fail_unless_equals_float(*whole.startup_byte_ms_p50, 200);
  fail_unless_equals_float(*whole.delay_s, 7.5);
  auto figures = steady_figures(run, steady);
  fail_if(figures.startup_ms_p50.has_value()); // Nobody joined in it.
  fail_unless_equals_float(*figures.delay_s, 7.5);
}
GST_END_TEST;

// Rule: shares are of what was received in the window.
GST_START_TEST(shares_are_of_the_window) {
  auto run = two_viewers();
  Sample before, after;
  before.at = at(4s);
  before.cdn_bytes = 5000;
  before.duplicate_bytes = 5000;
  after.at = at(20s);
  after.cdn_bytes = 6000;
  after.peer_bytes = 3000;
  after.duplicate_bytes = 5400;
  after.overhead_bytes = 100;
  run.viewers[0].samples = {before, after};
  auto figures = steady_figures(run, steady);
  fail_unless_equals_float(*figures.duplicate_share, 0.1);
  fail_unless_equals_float(*figures.overhead_share, 0.025);
}
GST_END_TEST;

// Rule: with another CDN what only its log can tell is not known.
GST_START_TEST(unknown_is_not_zero) {
  auto run = two_viewers();
  run.cdn.reset();
  run.listed.clear();
  auto figures = steady_figures(run, steady);
  fail_if(figures.copies || figures.offload || figures.cdn_segment_bytes || figures.playlist_bytes);
  // Handed out from 5 s on: begun at 2 sn + 3 s.
  fail_unless_equals_int(figures.segments, 9);
}
GST_END_TEST;

// Rule: CPU is of the time in which it was measured, memory the last.
GST_START_TEST(load_is_per_viewer) {
  auto run = two_viewers();
  run.viewers[0].loads = {{at(6s), 1s, 1 << 20}, {at(16s), 2s, 30 << 20}};
  run.viewers[1].loads = {{at(6s), 0s, 1 << 20}, {at(16s), 3s, 50 << 20}};
  auto figures = steady_figures(run, steady);
  fail_unless_equals_float(*figures.cpu_percent_per_viewer, 20);
  fail_unless_equals_float(*figures.rss_mib_per_viewer, 40);
}
GST_END_TEST;

// Rule: memory is of those who stay: chunks taken from the system in the time, by all of them, and
// what the one has grown by that has grown most, in the median and not at a peak.
GST_START_TEST(memory_is_of_who_stays) {
  auto run = two_viewers();
  auto churned = run.viewers[1];
  churned.churned = true;
  run.viewers.push_back(churned);
  std::uint64_t growing = 0;
  for (auto& viewer : run.viewers) {
    growing += 10;
    Sample before, after;
    before.at = at(4s);
    before.pool_allocated = 400;
    after.at = at(20s);
    after.pool_allocated = 400 + growing;
    viewer.samples = {before, after};
    for (int i = 0; i < 100; ++i) // the first and the last tenth are 1.6 s long
      viewer.loads.push_back(
          {at(6s + i * 160ms), 0s, (50 + (i >= 90 ? growing : 0) + (i == 5 ? 90 : 0)) << 20});
  }
  auto figures = steady_figures(run, steady);
  fail_unless_equals_uint64(*figures.pool_allocations, 10 + 20);
  fail_unless_equals_float(*figures.rss_growth_mib, 20);
  run.viewers.erase(run.viewers.begin(), run.viewers.begin() + 2);
  fail_if(steady_figures(run, steady).pool_allocations.has_value());
}
GST_END_TEST;

static Suite* accounting_suite() {
  auto* suite = suite_create("accounting");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_set_is_listed_and_handed_out_inside);
  tcase_add_test(tcase, only_who_stays_decides_the_set);
  tcase_add_test(tcase, copies_and_offload_are_of_the_set);
  tcase_add_test(tcase, only_media_to_viewers_are_copies);
  tcase_add_test(tcase, joins_are_apart);
  tcase_add_test(tcase, a_killed_viewers_last_bytes_count);
  tcase_add_test(tcase, stalls_by_their_beginning);
  tcase_add_test(tcase, start_up_and_delay);
  tcase_add_test(tcase, shares_are_of_the_window);
  tcase_add_test(tcase, unknown_is_not_zero);
  tcase_add_test(tcase, load_is_per_viewer);
  tcase_add_test(tcase, memory_is_of_who_stays);
  return suite;
}

GST_CHECK_MAIN(accounting)
