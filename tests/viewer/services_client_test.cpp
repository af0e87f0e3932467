// ServicesClient against the real p2plive-server.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/services_client.h"

#include <algorithm>
#include <vector>

#include "../net/loop.h"
#include "processes/free_port.h"
#include "server.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

constexpr auto media_uri = "http://cdn.example/live/media.m3u8?token=1";

struct Client {
  core::PeerId self;
  std::optional<viewer::Services> services;
  std::optional<core::Rid> rid;
  std::vector<core::TrackerAnswer> answers;
  int failures = 0;
  net::HttpClient http;
  viewer::ServicesClient client;

  Client(test::Loop& loop, std::uint8_t name, const std::string& index_uri)
      : self(named(name)), http(loop.context(), {.user_agent = "tester/1"}),
        client(
            loop.context(), http,
            {.index_uri = index_uri,
             .agent = "tester/1",
             .self = self,
             .backoff_first = 50ms,
             .backoff_most = 200ms},
            {.found = [this](const viewer::Services& found) { services = found; },
             .resolved = [this](const core::Rid& resolved) { rid = resolved; },
             .announced = [this](const core::TrackerAnswer& answer) { answers.push_back(answer); },
             .announce_failed = [this](std::optional<core::Duration>) { ++failures; }}) {
    client.set_media_uri(media_uri);
    client.start();
  }

  static core::PeerId named(std::uint8_t name) {
    core::PeerId id;
    id.bytes.fill(name);
    return id;
  }
};

core::Announce started() {
  return {.event = core::Announce::Event::started, .want = 30, .free_slots = 30};
}

} // namespace

// Rule: from the index's URI alone a viewer finds its resource, and others who have it.
GST_START_TEST(two_viewers_find_each_other) {
  test::Server server(1883);
  test::Loop loop;
  Client a(loop, 1, server.index_uri()), b(loop, 2, server.index_uri());
  fail_unless(loop.run_until([&] { return a.rid && b.rid; }));
  fail_unless(*a.rid == *b.rid);
  fail_unless_equals_int(a.services->brokers.at(0).port, 1883);
  a.client.announce(started());
  fail_unless(a.client.announcing());
  fail_unless(loop.run_until([&] { return !a.answers.empty(); }));
  fail_unless(a.answers[0].peers.empty());
  b.client.announce(started());
  fail_unless(loop.run_until([&] { return !b.answers.empty(); }));
  fail_unless_equals_int(b.answers[0].population, 2);
  fail_unless(b.answers[0].peers == std::vector{a.self});
  fail_unless(b.answers[0].interval > 1s);
}
GST_END_TEST;

// Rule: a user and a password in the stream's URI stay between the viewer and the CDN; the rest of
// the URI is told as it is.
GST_START_TEST(the_cps_is_told_no_password) {
  auto told = viewer::cps_request("http://me:secret@cdn.example:81/a%20b/live.m3u8?id=%2F1");
  fail_unless(told == viewer::cps_request("http://cdn.example:81/a%20b/live.m3u8?id=%2F1"));
  std::string text(told.begin(), told.end());
  fail_unless(text.find("http://cdn.example:81/a%20b/live.m3u8?id=%2F1") != text.npos);
}
GST_END_TEST;

// Rule: services that are not there are asked again until they are.
GST_START_TEST(a_server_that_comes_late_is_found) {
  auto port = processes::free_port();
  test::Loop loop;
  Client a(loop, 1, "http://127.0.0.1:" + std::to_string(port));
  a.client.announce(started());
  fail_unless(loop.run_until([&] { return a.failures == 1; }));
  test::Server server(1883, port);
  fail_unless(loop.run_until([&] { return a.rid.has_value(); }));
}
GST_END_TEST;

// Rule: a tracker that has died is a failure, and one that is back is an answer.
GST_START_TEST(a_tracker_that_dies_is_told) {
  test::Server server(1883);
  test::Loop loop;
  Client a(loop, 1, server.index_uri());
  fail_unless(loop.run_until([&] { return a.rid.has_value(); }));
  auto port = server.port();
  server.kill();
  a.client.announce(started());
  fail_unless(loop.run_until([&] { return a.failures == 1; }));
  server.start(port);
  a.client.announce(started());
  fail_unless(loop.run_until([&] { return a.answers.size() == 1; }));
}
GST_END_TEST;

// Rule: whatever answers instead of a service, it is a failure and nothing else.
GST_START_TEST(rubbish_is_no_answer) {
  processes::TemporaryDirectory directory("p2plive-rubbish-test");
  processes::NginxOptions options;
  options.directory = directory.path();
  options.root = directory.path();
  options.locations = "location /v1/ { return 200 'this is no FlatBuffer, by no means at all'; }";
  auto nginx = processes::start_nginx(options);
  fail_unless(nginx.has_value());
  test::Loop loop;
  Client a(loop, 1, nginx->url());
  // It asks again and again, as the log shows.
  auto asked = [&] {
    std::ifstream log(nginx->directory / "access.log");
    return std::count(std::istreambuf_iterator<char>(log), {}, '\n') >= 3;
  };
  fail_unless(loop.run_until(asked));
  fail_if(a.services.has_value() || a.rid.has_value());
}
GST_END_TEST;

static Suite* services_client_suite() {
  auto* suite = suite_create("services_client");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_viewers_find_each_other);
  tcase_add_test(tcase, the_cps_is_told_no_password);
  tcase_add_test(tcase, a_server_that_comes_late_is_found);
  tcase_add_test(tcase, a_tracker_that_dies_is_told);
  tcase_add_test(tcase, rubbish_is_no_answer);
  return suite;
}

GST_CHECK_MAIN(services_client)
