// What PlaylistSource makes of loads that fail.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playlist_of_nginx.h"

#include "../net/raw_server.h"

using namespace p2plive;
using test::media_playlist;
using test::PlaylistOfNginx;
using namespace std::chrono_literals;
using namespace std::string_literals;

// Rule: what cannot be played at the start is a clear error at once.
GST_START_TEST(what_is_no_stream_is_a_clear_error) {
  {
    PlaylistOfNginx test;
    auto with_login = "http://viewer:secret@" + test.nginx.url().substr(strlen("http://"));
    test.start_at(with_login + "missing.m3u8");
    test.fails_with(Error::Kind::not_found);
    fail_unless(test.error->message.ends_with(": " + test.nginx.url() + "missing.m3u8"), "%s",
                test.error->message.c_str());
  }
  {
    PlaylistOfNginx test("location = /secret.m3u8 { return 403; }");
    test.start("secret.m3u8");
    test.fails_with(Error::Kind::not_authorized);
  }
  {
    PlaylistOfNginx test;
    test.write("live.m3u8", "<!DOCTYPE html><html><body>Please log in</body></html>");
    test.start("live.m3u8");
    test.fails_with(Error::Kind::format);
    fail_unless(test.error->message.find("web page") != std::string::npos);
  }
  {
    PlaylistOfNginx test;
    test.write("live.m3u8", media_playlist(1, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"key\"\n"));
    test.start("live.m3u8");
    test.fails_with(Error::Kind::encryption);
  }
}
GST_END_TEST;

// Rule: what may pass is tried again a few times, and then is an error.
GST_START_TEST(what_may_pass_is_tried_again) {
  {
    PlaylistOfNginx test("location = /busy.m3u8 { return 503; }");
    test.start("busy.m3u8");
    fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
    fail_if(test.error.has_value());
    test.fails_with(Error::Kind::read);
  }
  {
    PlaylistOfNginx test;
    auto uri = test.nginx.url() + "live.m3u8";
    test.nginx.process.kill();
    test.start_at(uri);
    test.fails_with(Error::Kind::open);
  }
}
GST_END_TEST;

// Rule: it is tried again as often as the application says, and no server is waited for longer.
GST_START_TEST(retries_are_the_applications) {
  {
    PlaylistOfNginx test("location = /busy.m3u8 { return 503; }");
    test.options.retries = 0;
    test.start("busy.m3u8");
    test.fails_with(Error::Kind::read);
    fail_if(test.source->failing_since().has_value(), "it was tried again");
  }
  {
    PlaylistOfNginx test("location = /busy.m3u8 { return 503; }");
    test.options.retries.reset();
    test.start("busy.m3u8");
    test.loop.run_for(5s); // six loads; five would have been enough
    fail_if(test.error.has_value());
  }
  {
    test::RawServer silent([](test::RawConnection& connection) { connection.hold(); });
    PlaylistOfNginx test;
    test.options.retries = 0;
    test.options.timeout = 200ms;
    test.start_at(silent.url() + "live.m3u8");
    fail_unless(test.loop.run_until([&] { return test.error.has_value(); }, 2s));
    test.fails_with(Error::Kind::read);
  }
}
GST_END_TEST;

// Rule: a stream that has played survives failing loads; they are tried again until they succeed.
GST_START_TEST(later_failures_are_survived) {
  PlaylistOfNginx test;
  test.write("live.m3u8", media_playlist(1));
  test.start("live.m3u8");
  fail_unless(test.loop.run_until([&] { return !test.listings.empty(); }));
  test.write("live.m3u8", "<html>503</html>");
  fail_unless(test.loop.run_until([&] { return test.source->failing_since().has_value(); }));
  std::filesystem::remove(test.directory / "live.m3u8");
  auto loads = test.source->last_failure()->kind;
  fail_unless(loads == Error::Kind::format);
  fail_unless(test.loop.run_until(
      [&] { return test.source->last_failure()->kind == Error::Kind::not_found; }));
  test.write("live.m3u8", media_playlist(2));
  fail_unless(test.loop.run_until([&] { return !test.source->failing_since(); }));
  fail_if(test.error.has_value());
  fail_unless_equals_uint64(number(test.listings.back().segments.at(0).sn), 2);
}
GST_END_TEST;

static Suite* playlist_failures_suite() {
  auto* suite = suite_create("playlist_failures");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, what_is_no_stream_is_a_clear_error);
  tcase_add_test(tcase, what_may_pass_is_tried_again);
  tcase_add_test(tcase, retries_are_the_applications);
  tcase_add_test(tcase, later_failures_are_survived);
  return suite;
}

GST_CHECK_MAIN(playlist_failures)
