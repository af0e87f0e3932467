// How PlaylistSource follows a live playlist.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playlist_of_nginx.h"

#include "viewer/now.h"

using namespace p2plive;
using test::media_playlist;
using test::PlaylistOfNginx;
using namespace std::chrono_literals;
using namespace std::string_literals;

// Rule: a live playlist is refreshed in time, and its segments can be located, also for a while
// after they have left it.
GST_START_TEST(a_live_playlist_is_refreshed) {
  PlaylistOfNginx test;
  test.write("live.m3u8", media_playlist(5));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  fail_unless(test.media_uri == test.nginx.url() + "live.m3u8");
  fail_unless_equals_uint64(number(test.listings[0].segments.at(0).sn), 5);
  test.write("live.m3u8", media_playlist(6));
  fail_unless(
      test.loop.run_until([&] { return number(test.listings.back().segments.at(0).sn) == 6; }, 3s));
  for (int sn : {5, 6, 8})
    fail_unless(test.source->locate(core::SequenceNumber(sn)).value().uri ==
                test.nginx.url() + "segment" + std::to_string(sn) + ".ts");
  fail_if(test.source->locate(core::SequenceNumber(9)).has_value());
}
GST_END_TEST;

// Rule: a neighbour's news bring the refresh forward.
GST_START_TEST(a_hint_brings_the_refresh_forward) {
  PlaylistOfNginx test;
  auto slow = media_playlist(5);
  slow.replace(slow.find("DURATION:1"), 10, "DURATION:9");
  test.write("live.m3u8", slow);
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  test.source->refresh();
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 2s));
}
GST_END_TEST;

// Rule: a refresh that is left to others is not made until then, nor after it while the answer is
// the same; one that is asked for is.
GST_START_TEST(a_refresh_is_left_to_others) {
  PlaylistOfNginx test;
  int asked = 0;
  test.left_until = [&]() -> std::optional<core::Time> {
    if (++asked > 3)
      return {};
    return viewer::now() + 500ms;
  };
  test.write("live.m3u8", media_playlist(5));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return asked == 3; }, 5s));
  fail_unless_equals_int(static_cast<int>(test.listings.size()), 1);
  fail_unless_equals_int(test.requests("live.m3u8"), 1);
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 2s));
  fail_unless(asked == 4);
  test.left_until = [&]() -> std::optional<core::Time> { return viewer::now() + 1h; };
  test.loop.run_until([] { return false; }, 1500ms);
  fail_unless_equals_int(static_cast<int>(test.listings.size()), 2);
  test.source->refresh();
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 2s));
}
GST_END_TEST;

// Rule: a playlist in which only date ranges have changed brought no news, and is loaded again
// soon.
GST_START_TEST(date_ranges_are_no_news) {
  PlaylistOfNginx test;
  auto slow = [](const std::string& more) {
    auto text = media_playlist(5, more);
    return text.replace(text.find("DURATION:1"), 10, "DURATION:2");
  };
  test.write("live.m3u8", slow(""));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 1; }));
  test.write("live.m3u8", slow("#EXT-X-DATERANGE:ID=\"a\"\n"));
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 2; }, 4s));
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 1600ms));
}
GST_END_TEST;

/// As told: ID, duration in seconds (-: not known), and its attributes.
static std::string summary(const std::vector<media::DateRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) {
    text += range.id + (range.duration ? std::to_string(*range.duration / 1s) : "-");
    for (const auto& [name, value] : range.others)
      text += " " + name + "=" + value;
    text += "\n";
  }
  return text;
}

// Rule: date ranges are told when they are listed first, in the order of their start, and again
// with everything known when more is said of them; what is repeated is not, nor what has no start.
GST_START_TEST(date_ranges_are_told) {
  PlaylistOfNginx test;
  const auto tag = [](const std::string& rest) { return "#EXT-X-DATERANGE:" + rest + "\n"; };
  const auto start = "START-DATE=\"2026-11-26T10:00:00Z\""s;
  const auto later = "START-DATE=\"2026-11-26T10:00:08Z\""s;
  const auto first = tag("ID=\"b\"," + later) + tag("ID=\"a\",SCTE35-OUT=0xFC30," + start);
  test.write("live.m3u8", media_playlist(5, first + tag("ID=\"c\",DURATION=4")));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(summary(test.ranges) == "a- SCTE35-OUT=0xFC30\nb-\n", "%s",
              summary(test.ranges).c_str());
  test.ranges.clear();
  // Confirmed (304), and loaded again with another segment.
  fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }));
  test.write("live.m3u8", media_playlist(6, first));
  fail_unless(test.loop.run_until([&] { return test.lists(6); }));
  fail_unless(test.ranges.empty(), "%s", summary(test.ranges).c_str());
  // The first has ended; its first tag is gone.
  test.write("live.m3u8",
             media_playlist(7, tag("ID=\"a\",DURATION=2,SCTE35-IN=0xFC31," + start) +
                                   tag("ID=\"b\"," + later) + tag("ID=\"c\"," + later)));
  fail_unless(test.loop.run_until([&] { return test.lists(7); }));
  fail_unless(summary(test.ranges) == "a2 SCTE35-IN=0xFC31 SCTE35-OUT=0xFC30\nc4\n", "%s",
              summary(test.ranges).c_str());
}
GST_END_TEST;

// Rule: where the playlist would begin is told, and the master playlist's word counts before its
// media playlist's.
GST_START_TEST(a_place_to_begin) {
  const auto start = "#EXT-X-START:TIME-OFFSET="s;
  auto offset = [&](const std::string& master, const std::string& media) {
    PlaylistOfNginx test;
    test.write("master.m3u8", "#EXTM3U\n" + master + "#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n");
    test.write("a.m3u8", media_playlist(1, media));
    test.start("master.m3u8");
    fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
    return test.listings[0].start_offset;
  };
  fail_if(offset("", "").has_value());
  fail_unless(offset("", start + "-2\n") == -2s);
  fail_unless(offset(start + "0.5\n", "") == 500ms);
  fail_unless(offset(start + "0.5\n", start + "-2\n") == 500ms);
}
GST_END_TEST;

// Rule: ENDLIST is told, and ends the loading.
GST_START_TEST(the_end_is_told) {
  PlaylistOfNginx test;
  test.write("live.m3u8", media_playlist(1) + "#EXT-X-ENDLIST\n");
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.listings[0].ended);
  test.source->refresh();
  test.loop.run_for(1500ms);
  fail_unless_equals_int(test.listings.size(), 1);
}
GST_END_TEST;

static Suite* playlist_source_suite() {
  auto* suite = suite_create("playlist_source");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_live_playlist_is_refreshed);
  tcase_add_test(tcase, a_hint_brings_the_refresh_forward);
  tcase_add_test(tcase, a_refresh_is_left_to_others);
  tcase_add_test(tcase, date_ranges_are_no_news);
  tcase_add_test(tcase, date_ranges_are_told);
  tcase_add_test(tcase, a_place_to_begin);
  tcase_add_test(tcase, the_end_is_told);
  return suite;
}

GST_CHECK_MAIN(playlist_source)
