// p2plive-server among people who mean no good.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server_process.h"

#include "service/random.h"

#include <memory>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace server_test;

namespace {

void expect_refused(const Response& response, unsigned status) {
  fail_unless_equals_int(response.status, status);
  fail_unless_equals_string(response.content_type.c_str(), "application/x-flatbuffers");
  fail_if(requests::reason(response.body).empty());
}

void expect_well(const Server& server) {
  fail_unless_equals_int(post(server.uri("/v1/index"), requests::index()).status, 200);
}

bool connections_are(const Server& server, unsigned count) {
  return wait_for([&] {
    auto text = send("GET", server.uri("/healthz")).text();
    return text.find("\"connections\":" + std::to_string(count) + "}") != text.npos;
  });
}

} // namespace

// Rule: bytes that are no FlatBuffer get 400 and a reason, and the server goes on.
GST_START_TEST(garbage) {
  Server server;
  p2plive::service::Random random(1);
  for (int round = 0; round < 60; ++round) {
    Bytes body(random.below(2'000));
    for (auto& byte : body)
      byte = static_cast<std::uint8_t>(random.next());
    for (const char* path : {"/v1/index", "/v1/cps", "/v1/announce"})
      expect_refused(post(server.uri(path), body), 400);
  }
  expect_refused(post(server.uri("/v1/cps"), {}), 400);
  expect_well(server);
}
GST_END_TEST;

// Rule: another major version gets 426, and the version that is spoken here.
GST_START_TEST(wrong_major) {
  Server server;
  auto response = post(server.uri("/v1/announce"), requests::announce({}, 2));
  expect_refused(response, 426);
  fail_unless_equals_string(response.upgrade.c_str(), "p2plive/1");
  expect_refused(post(server.uri("/v1/index"), requests::index(0)), 426);
  expect_well(server);
}
GST_END_TEST;

// Rule: unknown paths get 404, other methods 405 and the one that is meant.
GST_START_TEST(paths_and_methods) {
  Server server;
  for (const char* path : {"/", "/v1", "/v1/", "/v2/index", "/v1/index/", "/v1/indexes"})
    expect_refused(post(server.uri(path), requests::index()), 404);
  auto response = send("GET", server.uri("/v1/index"));
  expect_refused(response, 405);
  fail_unless_equals_string(response.allow.c_str(), "POST");
  expect_refused(send("PUT", server.uri("/v1/index"), requests::index()), 405);
  expect_well(server);
}
GST_END_TEST;

// Rule: more than 16 KiB get 413, whether their length was announced or not.
GST_START_TEST(oversized) {
  Server server;
  expect_refused(post(server.uri("/v1/cps"), Bytes(16 * 1024 + 1)), 413);
  expect_refused(post(server.uri("/v1/cps"), Bytes(16 * 1024)), 400);
  expect_refused(post(server.uri("/v1/cps"), Bytes(300'000)), 413);

  RawConnection chunked(server);
  fail_unless(
      chunked.write("POST /v1/cps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  auto chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (int i = 0; i < 5; ++i)
    fail_unless(chunked.write(chunk));
  fail_unless(chunked.write("0\r\n\r\n"));
  auto answer = chunked.read_to_end();
  fail_unless(answer && answer->starts_with("HTTP/1.1 413"), "%s", answer ? answer->c_str() : "");
  expect_well(server);
}
GST_END_TEST;

// Rule: a body that does not end is cut off.
GST_START_TEST(endless_body) {
  Server server;
  for (const char* length : {"Content-Length: 99999999999", "Transfer-Encoding: chunked"}) {
    RawConnection endless(server);
    fail_unless(
        endless.write("POST /v1/cps HTTP/1.1\r\nHost: x\r\n" + std::string(length) + "\r\n\r\n"));
    auto chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    // What the kernel holds on to in between comes on top of what the server reads.
    constexpr int far_too_much = 64 << 20;
    int sent = 0;
    while (sent < far_too_much && endless.write(chunk))
      sent += 0x10000;
    fail_unless(sent < far_too_much);
  }
  expect_well(server);
  fail_unless(connections_are(server, 1));
}
GST_END_TEST;

// Rule: headers that are none, or do not end, harm nobody.
GST_START_TEST(broken_http) {
  Server server;
  RawConnection rubbish(server), endless(server), lonely(server);
  fail_unless(rubbish.write("\x16\x03\x01\x02\r\n\r\n"));
  auto answer = rubbish.read_to_end();
  fail_unless(answer.has_value());
  std::string line = "X-Long: " + std::string(8'000, 'x') + "\r\n";
  endless.write("GET /healthz HTTP/1.1\r\n");
  int lines = 0;
  while (lines < 5'000 && endless.write(line))
    ++lines;
  fail_unless(lines < 5'000);
  expect_well(server);
}
GST_END_TEST;

// Rule: over a connection on which nothing comes, time is lost only for a while.
GST_START_TEST(idle_connections) {
  Server server({}, "[server]\nidle-timeout=1\n");
  RawConnection silent(server), half(server);
  fail_unless(half.write("POST /v1/index HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"));
  fail_unless(silent.read_to_end().has_value());
  fail_unless(half.read_to_end().has_value());
  fail_unless(connections_are(server, 1));
}
GST_END_TEST;

// Rule: beyond max-connections a connection is closed at once; when one ends there is room again.
GST_START_TEST(connection_limit) {
  Server server({}, "[server]\nmax-connections=3\n");
  auto held = std::make_unique<RawConnection>(server);
  RawConnection second(server);
  fail_unless(connections_are(server, 3)); // two and the one that asks
  RawConnection third(server), refused(server);
  auto nothing = refused.read_to_end();
  fail_unless(nothing && nothing->empty());
  fail_unless_equals_int(send("GET", server.uri("/healthz")).status, 0);
  held.reset();
  fail_unless(wait_for([&] { return send("GET", server.uri("/healthz")).status == 200; }));
}
GST_END_TEST;

// Rule: nothing is left of clients that leave, in whatever state.
GST_START_TEST(clients_that_leave) {
  Server server;
  for (int i = 0; i < 100; ++i) {
    RawConnection client(server);
    if (i % 3 == 1)
      client.write("POST /v1/index HTTP/1.1\r\n");
    if (i % 3 == 2)
      client.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  fail_unless(connections_are(server, 1));
}
GST_END_TEST;

// Rule: beyond requests-per-second the answer is 429 with Retry-After; /healthz answers still.
GST_START_TEST(load_shedding) {
  Server server({}, "[server]\nrequests-per-second=1\n");
  Response response;
  fail_unless(wait_for([&] {
    response = post(server.uri("/v1/index"), requests::index());
    return response.status != 200;
  }));
  expect_refused(response, 429);
  auto wait = std::stoi(response.retry_after);
  fail_unless(wait >= 5 && wait <= 20);
  auto health = send("GET", server.uri("/healthz"));
  fail_unless(health.status == 200 && health.text().find("\"shed\":0,") == std::string::npos);
}
GST_END_TEST;

static Suite* server_faults_suite() {
  auto* suite = suite_create("server_faults");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, garbage);
  tcase_add_test(tcase, wrong_major);
  tcase_add_test(tcase, paths_and_methods);
  tcase_add_test(tcase, oversized);
  tcase_add_test(tcase, endless_body);
  tcase_add_test(tcase, broken_http);
  tcase_add_test(tcase, idle_connections);
  tcase_add_test(tcase, connection_limit);
  tcase_add_test(tcase, clients_that_leave);
  tcase_add_test(tcase, load_shedding);
  return suite;
}

GST_CHECK_MAIN(server_faults)
