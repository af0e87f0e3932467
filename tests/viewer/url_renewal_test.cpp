// When a master playlist is loaded again for fresh URLs, and when not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/url_renewal.h"

#include "../net/loop.h"
#include "../net/raw_server.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

struct World {
  std::atomic<unsigned> asked = 0;
  test::RawServer server{[this](test::RawConnection& connection) {
    if (connection.read_head().empty())
      return;
    ++asked;
    const std::string master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n";
    connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(master.size()) + "\r\n\r\n" + master);
  }};
  test::Loop loop;
  net::HttpClient client{loop.context(), {}};
  unsigned renewed = 0;
  viewer::UrlRenewal renewal{
      client, server.url() + "master.m3u8", 5s,
      [this](const media::MasterPlaylist& master) { renewed += master.variants.size() == 1; }};

  bool renews() {
    const auto before = renewed;
    return loop.run_until([&] { return renewed > before; });
  }
};

} // namespace

// Rule: a refused playlist asks at once, and those that follow do not ask again and again.
GST_START_TEST(refusals_are_bounded) {
  World world;
  for (int i = 0; i < 5; ++i)
    world.renewal.refused();
  fail_unless(world.renews());
  for (int i = 0; i < 10; ++i) {
    world.renewal.refused();
    world.loop.run_for(100ms);
  }
  fail_unless_equals_int(world.asked, 1);
  // 2 to 4 s after the first time it may be asked again, and then not before twice as long.
  auto again = [&] {
    world.renewal.refused();
    return world.renewed == 2;
  };
  world.loop.watch_gaps(); // looks every 5 ms
  fail_unless(world.loop.run_until(again, 4s));
  world.loop.run_until([&] { return world.renewed == 3; }, 10ms);
  auto third = [&] {
    world.renewal.refused();
    return world.renewed == 3;
  };
  fail_if(world.loop.run_until(third, 3s));
}
GST_END_TEST;

// Rule: one segment that is refused tells nothing, nor do other failures; two in a row do.
GST_START_TEST(segments_tell_together) {
  World world;
  for (auto status : {403u, 206u, 401u, 200u, 410u, 206u, 404u, 503u, 404u, 403u})
    world.renewal.segment_answered(status);
  world.loop.run_for(200ms);
  fail_unless_equals_int(world.asked, 0);
  world.renewal.segment_answered(403);
  fail_unless(world.renews());
  fail_unless_equals_int(world.asked, 1);
}
GST_END_TEST;

// Rule: when fresh URLs have helped, the next that expire are renewed as early as the first were.
GST_START_TEST(what_helps_may_be_repeated) {
  World world;
  world.loop.watch_gaps(); // looks every 5 ms
  for (unsigned times = 1; times <= 3; ++times) {
    auto again = [&] {
      world.renewal.refused();
      return world.renewed == times;
    };
    fail_unless(world.loop.run_until(again, 4500ms), "%u", times);
    world.renewal.segment_answered(206);
  }
}
GST_END_TEST;

static Suite* url_renewal_suite() {
  auto* suite = suite_create("url_renewal");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, refusals_are_bounded);
  tcase_add_test(tcase, segments_tell_together);
  tcase_add_test(tcase, what_helps_may_be_repeated);
  return suite;
}

GST_CHECK_MAIN(url_renewal)
