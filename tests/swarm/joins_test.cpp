// Who joins late, and what that costs.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/outcome.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::bench;
using namespace std::chrono_literals;

static Instant at(std::chrono::nanoseconds time) {
  return Instant(100s + time);
}

static ViewerRecord viewer(unsigned number, std::chrono::nanoseconds asked, Pair pair) {
  ViewerRecord viewer;
  viewer.number = number;
  viewer.token = "viewer-" + std::to_string(number);
  viewer.initial = pair == Pair::none;
  viewer.pair = pair;
  viewer.asked = at(asked);
  viewer.left = viewer.asked + 20s;
  return viewer;
}

static CdnRequest sent(std::chrono::nanoseconds time, unsigned number, MediaSequence sn,
                       std::uint64_t bytes, int status = 206) {
  return {at(time), "/s" + std::to_string(sn) + ".ts", status, bytes,
          "viewer-" + std::to_string(number)};
}

/// One who stays, viewer-1, and two pairs: 2 and 3, 4 and 5; 3 and 5 play from the CDN alone.
/// Segments 0 to 19 of 2 s; the even ones have 1 000 bytes, the odd ones 500.
static RunRecord two_pairs() {
  RunRecord run;
  run.begin = run.last_join = at(0s);
  run.end = at(60s);
  run.segment = 2s;
  run.cdn.emplace();
  run.viewers = {viewer(1, 0s, Pair::none), viewer(2, 10s, Pair::sharing),
                 viewer(3, 10s, Pair::alone), viewer(4, 20s, Pair::sharing),
                 viewer(5, 20s, Pair::alone)};
  run.viewers[0].left.reset();
  for (int sn = 0; sn < 20; ++sn) {
    run.listed[sn] = {MediaSequence(sn),
                      "s" + std::to_string(sn) + ".ts",
                      std::uint64_t(sn % 2 ? 500 : 1000),
                      at(2s * sn),
                      {}};
    EmittedSegment segment;
    segment.sn = MediaSequence(sn);
    segment.size = run.listed[sn].size;
    segment.begun = at(2s * sn + 1s);
    segment.ended = at(2s * sn + 3s);
    run.viewers[0].segments.push_back(segment);
    run.cdn->push_back(sent(2s * sn + 1s, 1, segment.sn, segment.size));
  }
  return run;
}

static const Window steady = {at(5s), at(60s)};

// Rule: the first byte of those who share is compared with that of those who do not, median with
// median.
GST_START_TEST(the_first_byte_is_compared) {
  auto run = two_pairs();
  fail_if(join_figures(run).startup_byte_ratio().has_value());
  run.viewers[1].first_byte = at(10s + 300ms);
  run.viewers[2].first_byte = at(10s + 200ms);
  run.viewers[3].first_byte = at(20s + 400ms);
  run.viewers[4].first_byte = at(20s + 280ms);
  auto figures = join_figures(run);
  fail_unless_equals_int(figures.count, 2);
  fail_unless_equals_float(*figures.startup_byte_ms_p50, 300);
  fail_unless_equals_float(*figures.cdn_only_startup_byte_ms_p50, 200);
  fail_unless_equals_float(*figures.startup_byte_ratio(), 1.5);
}
GST_END_TEST;

// Rule: what a late viewer was sent in its first 20 seconds counts, segment by segment as the
// seconds that it lasts; errors, playlists, later bytes and those of others do not.
GST_START_TEST(cdn_seconds_are_of_the_stream) {
  auto run = two_pairs();
  run.cdn->push_back(sent(10s, 2, 4, 1000));         // 2 s
  run.cdn->push_back(sent(11s, 2, 5, 250));          // 1 s
  run.cdn->push_back(sent(12s, 2, 6, 1000, 404));    // nothing
  run.cdn->push_back(sent(30s, 2, 13, 500));         // too late
  run.cdn->push_back(sent(20s, 3, 7, 500));          // not its own
  run.cdn->push_back(sent(39s + 900ms, 4, 14, 500)); // 1 s
  run.cdn->push_back({at(21s), "/live.m3u8", 200, 400, "viewer-4"});
  auto figures = join_figures(run);
  fail_unless(figures.cdn_seconds == std::vector<double>({3, 1}));
  fail_unless_equals_float(*figures.cdn_seconds_p50(), 1);
  fail_unless_equals_float(*figures.cdn_seconds_max(), 3);
  run.cdn.reset();
  fail_if(join_figures(run).cdn_seconds_max().has_value());
}
GST_END_TEST;

// Rule: what another of the audience had been sent before is extra, each byte once; what nobody
// else had been, or only one who is alone, is not.
GST_START_TEST(what_others_were_sent_before_is_extra) {
  auto run = two_pairs();
  run.cdn->push_back(sent(10s, 2, 4, 1000)); // 2 s, which viewer-1 has whole
  std::erase_if(*run.cdn, [](const auto& request) { return request.path == "/s6.ts"; });
  for (unsigned number : {1u, 3u, 4u, 2u}) {
    run.cdn->push_back(sent(25s, number, 6, 300));
    run.cdn->back().offset = 100 * number; // 100 to 400, 300 to 600, 400 to 700, 200 to 500
  }
  run.cdn->push_back(sent(26s, 1, 6, 1000)); // later
  auto figures = join_figures(run);
  fail_unless(figures.cdn_seconds == std::vector<double>({2.6, 0.6}));
  fail_unless_equals_float(figures.cdn_extra_seconds[0], 2.6);
  fail_unless_equals_float(figures.cdn_extra_seconds[1], 0);
  run.cdn->push_back(sent(27s, 1, 4, 1000)); // Twice the same before the next:
  run.cdn->push_back(sent(28s, 4, 4, 1000));
  fail_unless_equals_float(join_figures(run).cdn_extra_seconds[1], 2);
}
GST_END_TEST;

// Rule: who was not there for 20 seconds has not been measured.
GST_START_TEST(short_visits_do_not_count) {
  auto run = two_pairs();
  run.viewers[1].left = at(29s);
  run.viewers[1].stalls.push_back({at(12s), 300ms});
  run.viewers[3].stalls.push_back({at(22s), 300ms});
  auto figures = join_figures(run);
  fail_unless_equals_int(figures.count, 1);
  fail_unless_equals_int(figures.stalls, 1);
  run.viewers[3].left.reset(); // There at the end still.
  run.end = at(39s);
  fail_unless_equals_int(join_figures(run).count, 0);
}
GST_END_TEST;

// Rule: who plays from the CDN alone is none of the audience: no copy, nothing handed out, no
// viewer, no stall and no start-up of the swarm. The other of the pair is.
GST_START_TEST(who_is_alone_is_counted_nowhere) {
  auto run = two_pairs();
  auto& alone = run.viewers[2];
  alone.first_byte = alone.first_frame = at(11s);
  alone.stalls.push_back({at(12s), 300ms});
  alone.segments = {run.viewers[0].segments.begin() + 4, run.viewers[0].segments.begin() + 9};
  run.viewers[1].segments = alone.segments;
  for (MediaSequence sn = 4; sn < 9; ++sn)
    run.cdn->push_back(sent(12s, 3, sn, run.listed[sn].size));
  run.cdn->push_back({at(12s), "/live.m3u8", 200, 400, "viewer-3"});
  run.listed[20] = {20, "s20.ts", 1000, at(40s), {}}; // Nobody else is sent it.
  run.cdn->push_back(sent(42s, 3, 20, 1000));
  for (const auto& figures : {steady_figures(run, steady), whole_figures(run)}) {
    fail_unless_equals_float(*figures.copies, 1);
    fail_unless_equals_int(figures.viewers, 3);
    fail_unless_equals_int(figures.stalls, 0);
    fail_unless_equals_uint64(*figures.playlist_bytes, 0);
    fail_unless_equals_uint64(figures.delivered_bytes, *figures.cdn_segment_bytes + 4000);
    fail_if(figures.startup_byte_ms_p50.has_value());
  }
}
GST_END_TEST;

// Rule: the report has the figures and a sentence where joins were asked for, and neither where
// not.
GST_START_TEST(joins_are_reported) {
  Outcome outcome;
  fail_if(to_json(outcome).find("joins") != std::string::npos);
  fail_if(to_words(outcome).find("joined late") != std::string::npos);
  outcome.options.joins = Joins{1, Seconds(10)};
  outcome.joins.count = 3;
  outcome.joins.startup_byte_ms_p50 = 220;
  outcome.joins.cdn_only_startup_byte_ms_p50 = 200;
  outcome.joins.cdn_seconds = {2, 1.5, 3.25};
  outcome.joins.cdn_extra_seconds = {1, 1.5, 2.75};
  auto json = to_json(outcome);
  for (const char* member :
       {"\"joins\": {\n    \"count\": 3,", "\"startup_byte_ms_p50\": 220,",
        "\"cdn_only_startup_byte_ms_p50\": 200,", "\"startup_byte_ratio\": 1.1,",
        "\"cdn_seconds_p50\": 2,", "\"cdn_seconds_max\": 3.25,", "\"cdn_extra_seconds_p50\": 1.5,",
        "\"cdn_extra_seconds_max\": 2.75,"})
    fail_unless(json.find(member) != std::string::npos, "no %s in %s", member, json.c_str());
  auto words = to_words(outcome);
  fail_unless(
      words.find("Who joined late (3 viewers) had the first byte after 220 ms, 1.10 times "
                 "what it takes from the CDN alone, and took 2.0 s of the stream from the CDN (at "
                 "most 3.2 s), 1.5 s of it (at most 2.8 s) not for all.\n") != std::string::npos,
      "%s", words.c_str());
}
GST_END_TEST;

static Suite* joins_suite() {
  auto* suite = suite_create("joins");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_first_byte_is_compared);
  tcase_add_test(tcase, cdn_seconds_are_of_the_stream);
  tcase_add_test(tcase, what_others_were_sent_before_is_extra);
  tcase_add_test(tcase, short_visits_do_not_count);
  tcase_add_test(tcase, who_is_alone_is_counted_nowhere);
  tcase_add_test(tcase, joins_are_reported);
  return suite;
}

GST_CHECK_MAIN(joins)
