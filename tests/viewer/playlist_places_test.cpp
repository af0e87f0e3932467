// Where PlaylistSource loads from: variants, and the places where one is listed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playlist_of_nginx.h"

#include "../net/raw_server.h"

using namespace p2plive;
using test::media_playlist;
using test::PlaylistOfNginx;
using namespace std::chrono_literals;

// Rule: of a master playlist the best variant is played, and it is the media playlist's URI,
// before redirects, that names the resource; segments are relative to where it came from.
GST_START_TEST(a_master_playlist_leads_to_its_best_variant) {
  PlaylistOfNginx test("location = /moved.m3u8 { return 302 /edge/high.m3u8; }");
  std::filesystem::create_directory(test.directory / "edge");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nmoved.m3u8\n");
  test.write("edge/high.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.media_uri == test.nginx.url() + "moved.m3u8");
  fail_unless(test.source->locate(core::SequenceNumber(1)).value().uri ==
              test.nginx.url() + "edge/segment1.ts");
}
GST_END_TEST;

// Rule: the application's wish decides among the variants.
GST_START_TEST(a_wish_decides) {
  PlaylistOfNginx test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nhigh.m3u8\n");
  test.write("low.m3u8", media_playlist(1));
  test.options.wish.max_bandwidth = 5000;
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.media_uri == test.nginx.url() + "low.m3u8");
}
GST_END_TEST;

// Rule: a media playlist can import what its master playlist defines.
GST_START_TEST(variables_come_from_the_master_playlist) {
  PlaylistOfNginx test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nlive.m3u8\n");
  test.write("live.m3u8", media_playlist(1, "#EXT-X-DEFINE:IMPORT=\"token\"\n") +
                              "#EXTINF:1.0,\nlast.ts?{$token}\n");
  test.start("master.m3u8?token=a%2Fb");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless(test.source->locate(core::SequenceNumber(4)).value().uri ==
              test.nginx.url() + "last.ts?a/b");
}
GST_END_TEST;

// Rule: where a variant is listed at several places, the next is taken when one fails some times in
// a row, and the first again behind the last; the stream keeps its name, that of the first.
GST_START_TEST(redundant_variants_are_tried_in_turn) {
  PlaylistOfNginx test;
  std::filesystem::create_directory(test.directory / "b");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb/b.m3u8\n");
  test.write("a.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "a.m3u8");
  test.write("b/b.m3u8", media_playlist(2));
  auto newest = [&] { return number(test.listings.back().segments.at(0).sn); };
  fail_unless(test.loop.run_until([&] { return newest() == 2; }));
  fail_unless(test.source->locate(core::SequenceNumber(2)).value().uri ==
              test.nginx.url() + "b/segment2.ts");
  fail_if(test.source->failing_since().has_value());
  std::filesystem::remove(test.directory / "b" / "b.m3u8");
  test.write("a.m3u8", media_playlist(3));
  fail_unless(test.loop.run_until([&] { return newest() == 3; }));
  fail_unless(test.media_uris == std::vector{test.nginx.url() + "a.m3u8"});
}
GST_END_TEST;

// Rule: a place that does not answer at all is left at once, for a time-out is a long time.
GST_START_TEST(a_silent_place_is_left_at_once) {
  test::RawServer silent([](test::RawConnection& connection) { connection.hold(); });
  PlaylistOfNginx test;
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\n" + silent.url() +
                                "a.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=9000\nb.m3u8\n");
  test.write("b.m3u8", media_playlist(1));
  test.options.timeout = 300ms;
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  fail_unless_equals_int(silent.accepted(), 1);
}
GST_END_TEST;

// Rule: one load that fails does not make a viewer leave the place where it is.
GST_START_TEST(one_failure_is_no_reason_to_leave) {
  PlaylistOfNginx test;
  std::filesystem::create_directory(test.directory / "b");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                            "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb/b.m3u8\n");
  test.write("a.m3u8", media_playlist(1));
  test.write("b/b.m3u8", media_playlist(7));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "a.m3u8");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  test.write("a.m3u8", media_playlist(2));
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_unless_equals_uint64(number(test.listings.back().segments.at(0).sn), 2);
}
GST_END_TEST;

// Rule: at the start every place is tried before the stream is given up; and who begins at another
// place has the same stream as everybody.
GST_START_TEST(every_place_is_tried_at_the_start) {
  const std::string master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\na.m3u8\n"
                             "#EXT-X-STREAM-INF:BANDWIDTH=9000\nb.m3u8\n";
  {
    PlaylistOfNginx test;
    test.write("master.m3u8", master);
    test.write("b.m3u8", media_playlist(1));
    test.start("master.m3u8");
    fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
    fail_unless(test.media_uri == test.nginx.url() + "a.m3u8");
  }
  {
    PlaylistOfNginx test;
    test.write("master.m3u8", master);
    test.start("master.m3u8");
    test.fails_with(Error::Kind::not_found);
  }
}
GST_END_TEST;

// Rule: when the playlist is refused after it has played, the master playlist tells where it is
// now, and the same quality is taken, whatever else is listed there. The stream keeps its name.
GST_START_TEST(a_refused_playlist_is_looked_up_again) {
  PlaylistOfNginx test("location = /old.m3u8 { if (-f $document_root/expired) { return 403; } }");
  const std::string wanted = "#EXT-X-STREAM-INF:BANDWIDTH=9000,RESOLUTION=640x360\n";
  test.write("master.m3u8", "#EXTM3U\n" + wanted + "old.m3u8\n");
  test.write("old.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  test.write("better.m3u8", media_playlist(90));
  test.write("fresh.m3u8", media_playlist(2));
  test.write("master.m3u8",
             "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=99000\nbetter.m3u8\n" + wanted + "fresh.m3u8\n");
  test.write("expired", "");
  fail_unless(
      test.loop.run_until([&] { return number(test.listings.back().segments.at(0).sn) == 2; }, 3s));
  fail_if(test.source->failing_since().has_value());
  fail_unless(test.media_uris == std::vector{test.nginx.url() + "old.m3u8"});
}
GST_END_TEST;

// Rule: a master playlist that cannot be had changes nothing: the old URL is tried on.
GST_START_TEST(a_renewal_that_fails_changes_nothing) {
  PlaylistOfNginx test("location = /old.m3u8 { if (-f $document_root/expired) { return 403; } }");
  test.write("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000\nold.m3u8\n");
  test.write("old.m3u8", media_playlist(1));
  test.start("master.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  std::filesystem::remove(test.directory / "master.m3u8");
  test.write("expired", "");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  test.loop.run_for(500ms);
  test.write("old.m3u8", media_playlist(2));
  std::filesystem::remove(test.directory / "expired");
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_if(test.error.has_value());
}
GST_END_TEST;

static Suite* playlist_places_suite() {
  auto* suite = suite_create("playlist_places");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_master_playlist_leads_to_its_best_variant);
  tcase_add_test(tcase, a_wish_decides);
  tcase_add_test(tcase, variables_come_from_the_master_playlist);
  tcase_add_test(tcase, redundant_variants_are_tried_in_turn);
  tcase_add_test(tcase, a_silent_place_is_left_at_once);
  tcase_add_test(tcase, one_failure_is_no_reason_to_leave);
  tcase_add_test(tcase, every_place_is_tried_at_the_start);
  tcase_add_test(tcase, a_refused_playlist_is_looked_up_again);
  tcase_add_test(tcase, a_renewal_that_fails_changes_nothing);
  return suite;
}

GST_CHECK_MAIN(playlist_places)
