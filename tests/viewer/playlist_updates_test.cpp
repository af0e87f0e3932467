// How PlaylistSource asks for playlist delta updates.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playlist_of_nginx.h"

using namespace p2plive;
using test::media_playlist;
using test::PlaylistOfNginx;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// The update that leaves out the first two of media_playlist(first).
std::string delta_playlist(int first, const std::string& more) {
  auto text = media_playlist(first, more + "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n");
  for (int i = first; i < first + 2; ++i) {
    auto segment = "#EXTINF:1.0,\nsegment" + std::to_string(i) + ".ts\n";
    text.erase(text.find(segment), segment.size());
  }
  return text;
}

const std::string offer = "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12\n";

/// /live.m3u8 with the directive is /delta.m3u8. `etag` is for the former: nginx makes it of the
/// size and the second, so that a test which writes more often has it off.
std::string delta_locations(const std::string& etag = "off") {
  return "location = /live.m3u8 { etag " + etag +
         "; if ($arg__HLS_skip = YES) { rewrite ^ /delta.m3u8 last; } }\n";
}

} // namespace

// Rule: where the server offers it an update is asked for, without the whole playlist's ETag, and
// what it leaves out is known from before.
GST_START_TEST(updates_are_asked_for) {
  PlaylistOfNginx test(
      delta_locations("on") +
      "location = /delta.m3u8 { etag off; if ($http_if_none_match) { return 304; } }\n");
  test.write("live.m3u8", media_playlist(5, offer));
  test.write("delta.m3u8", delta_playlist(6, offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.lists(6); }, 5s));
  fail_unless(test.media_uri == test.nginx.url() + "live.m3u8");
  fail_unless_equals_int(test.listings.back().segments.size(), 3);
  test.write("delta.m3u8", delta_playlist(7, offer));
  fail_unless(test.loop.run_until([&] { return test.lists(7); }, 5s));
  for (int sn : {7, 8, 9})
    fail_unless(test.source->locate(core::SequenceNumber(sn)).value().uri ==
                test.nginx.url() + "segment" + std::to_string(sn) + ".ts");
}
GST_END_TEST;

// Rule: an update's own ETag goes with the next request for one, and what it confirms is as young
// again as what is loaded.
GST_START_TEST(an_update_is_confirmed_by_its_etag) {
  const auto short_offer = "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=4\n";
  PlaylistOfNginx test(delta_locations() + "location = /delta.m3u8 { etag on; }\n");
  test.write("live.m3u8", media_playlist(5, short_offer));
  test.write("delta.m3u8", delta_playlist(6, short_offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.lists(6); }, 5s));
  auto bytes = test.source->body_bytes();
  auto listings = test.listings.size();
  fail_unless(test.loop.run_until([&] { return test.listings.size() >= listings + 6; }, 9s));
  fail_unless_equals_uint64(test.source->body_bytes(), bytes);
  fail_unless(test.lists(6));
}
GST_END_TEST;

// Rule: no update is asked for that is not offered, or when what is known is too old for it.
GST_START_TEST(updates_that_are_not_offered) {
  for (auto* more : {"", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=0.5\n"}) {
    PlaylistOfNginx test(delta_locations());
    test.write("live.m3u8", media_playlist(5, more));
    test.start("live.m3u8");
    fail_unless(test.loop.run_until([&] { return test.listings.size() == 3; }, 10s));
    fail_unless_equals_int(test.requests("/delta.m3u8"), 0);
  }
}
GST_END_TEST;

// Rule: an update that does not fit, or that the server refuses, is followed by the whole playlist
// at once, and is no failure; after a few of them no more are asked for.
GST_START_TEST(updates_that_fail) {
  for (const auto& refusal : {""s, "location = /delta.m3u8 { return 403; }\n"s}) {
    PlaylistOfNginx test(delta_locations() + refusal);
    test.write("live.m3u8", media_playlist(5, offer));
    test.write("delta.m3u8", delta_playlist(1, offer));
    test.start("live.m3u8");
    for (int first = 6; first < 11; ++first) {
      test.write("live.m3u8", media_playlist(first, offer));
      fail_unless(test.loop.run_until([&] { return test.lists(first); }, 5s));
    }
    fail_if(test.error || test.source->failing_since());
    fail_unless_equals_int(test.requests("/delta.m3u8"), 3);
  }
}
GST_END_TEST;

// Rule: a server that is too busy for an update is not asked for more at once.
GST_START_TEST(a_busy_server_is_left_alone) {
  PlaylistOfNginx test(delta_locations() + "location = /delta.m3u8 { return 429; }\n");
  test.write("live.m3u8", media_playlist(5, offer));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  fail_unless_equals_int(test.requests("/live.m3u8"), 1);
}
GST_END_TEST;

static Suite* playlist_updates_suite() {
  auto* suite = suite_create("playlist_updates");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, updates_are_asked_for);
  tcase_add_test(tcase, an_update_is_confirmed_by_its_etag);
  tcase_add_test(tcase, updates_that_are_not_offered);
  tcase_add_test(tcase, updates_that_fail);
  tcase_add_test(tcase, a_busy_server_is_left_alone);
  return suite;
}

GST_CHECK_MAIN(playlist_updates)
