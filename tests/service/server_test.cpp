// p2plive-server as it ships, over loopback.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server_process.h"

#include <csignal>
#include <fstream>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace server_test;
namespace wire = p2plive::wire;
namespace service = p2plive::service;

namespace {

// The RID in hexadecimal.
std::string rid_of(const Server& server, const std::string& uri) {
  auto response = post(server.uri("/v1/cps"), requests::cps(uri));
  fail_unless_equals_int(response.status, 200);
  auto* reply = requests::read<wire::CpsReply>(response.body);
  fail_unless(reply && reply->rid());
  std::string hex;
  for (auto byte : service::from_wire(*reply->rid()).bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

unsigned population(const Response& response) {
  auto* reply = requests::read<wire::AnnounceReply>(response.body);
  fail_unless(response.status == 200 && reply);
  return reply->population();
}

} // namespace

// Rule: one line says where the server listens and what it is, and nothing else is printed.
GST_START_TEST(one_line) {
  Server server;
  fail_unless(server.port() > 0);
  auto expected = "p2plive-server: listening on http://127.0.0.1:" + std::to_string(server.port()) +
                  "/ (index cps tracker)\n";
  fail_unless_equals_string(server.line().c_str(), expected.c_str());
  fail_unless(server.process().terminate().ok());
  auto rest = server.rest_of_output();
  fail_unless_equals_string(rest.c_str(), "");
  auto errors = server.errors();
  fail_unless(errors.find("everything is open") != errors.npos, "%s", errors.c_str());
}
GST_END_TEST;

// Rule: from the base URI alone a viewer finds everything, gets its RID, and meets who is there.
GST_START_TEST(the_way_of_a_viewer) {
  Server server({"--mqtt", "127.0.0.1:1883", "--stun", "127.0.0.1:3478", "--stun", "[::1]:3479"});
  auto response = post(server.uri("/v1/index"), requests::index());
  fail_unless_equals_int(response.status, 200);
  fail_unless_equals_string(response.content_type.c_str(), "application/x-flatbuffers");
  auto* index = requests::read<wire::IndexReply>(response.body);
  fail_unless(index != nullptr);
  fail_unless_equals_string(index->mqtt()->Get(0)->host()->c_str(), "127.0.0.1");
  fail_unless_equals_int(index->mqtt()->Get(0)->port(), 1883);
  fail_unless_equals_int(index->stun()->size(), 2);
  fail_unless_equals_string(index->stun()->Get(1)->host()->c_str(), "::1");

  auto cps =
      post(index->cps_uris()->Get(0)->str(), requests::cps("http://Example.com/live/a.m3u8"));
  auto* named = requests::read<wire::CpsReply>(cps.body);
  fail_unless(cps.status == 200 && named && named->rid());
  fail_unless_equals_string(named->stream_id()->c_str(), "example.com/live/a.m3u8");

  auto tracker = index->tracker_uris()->Get(0)->str();
  fail_unless_equals_int(population(post(tracker, requests::announce({.peer = 1}))), 1);
  auto met = post(tracker, requests::announce({.peer = 2}));
  auto* reply = requests::read<wire::AnnounceReply>(met.body);
  fail_unless_equals_int(reply->peers()->size(), 1);
  fail_unless(service::from_wire(*reply->peers()->Get(0)->peer_id()) == requests::peer(1));
  auto bye = requests::announce({.peer = 1, .event = wire::AnnounceEvent::Stopped});
  fail_unless_equals_int(population(post(tracker, bye)), 1);
}
GST_END_TEST;

// Rule: the RID is the MD5 of the StreamId, byte for byte what md5sum says.
GST_START_TEST(rid_is_md5) {
  Server server({}, "[stream-id edges]\nhosts=edge*.example.com\n");
  auto plain = rid_of(server, "https://example.com:8443/live/a.m3u8?token=1");
  fail_unless_equals_string(plain.c_str(), "341079984539a26e7a27f48176cb91c4");
  auto grouped = rid_of(server, "http://edge7.example.com/live/a.m3u8");
  fail_unless_equals_string(grouped.c_str(), "ca0becbb2ae8c9d4525c81594ffa3a6e");
}
GST_END_TEST;

// Rule: /healthz tells roles and counts in JSON to GET and HEAD.
GST_START_TEST(healthz) {
  Server server;
  post(server.uri("/v1/announce"), requests::announce());
  auto response = send("GET", server.uri("/healthz"));
  fail_unless_equals_int(response.status, 200);
  fail_unless_equals_string(response.content_type.c_str(), "application/json");
  auto text = response.text();
  for (const char* part : {"\"status\":\"ok\"", "\"roles\":[\"index\",\"cps\",\"tracker\"]",
                           "\"viewers\":1,", "\"swarms\":1,", "\"requests\":1,"})
    fail_unless(text.find(part) != text.npos, "no %s in %s", part, text.c_str());
  fail_unless_equals_int(send("HEAD", server.uri("/healthz")).status, 200);
  fail_unless_equals_int(post(server.uri("/healthz"), {}).status, 405);
}
GST_END_TEST;

// Rule: SIGTERM and SIGINT end it orderly, with code 0, also while clients hold on to it.
GST_START_TEST(signals) {
  for (int signal : {SIGTERM, SIGINT}) {
    Server server;
    RawConnection idle(server), half(server);
    fail_unless(half.write("POST /v1/index HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"));
    fail_unless_equals_int(send("GET", server.uri("/healthz")).status, 200);
    server.process().send_signal(signal);
    auto ending = server.process().wait(5s);
    fail_unless(ending && ending->ok(), "%s", ending ? ending->describe().c_str() : "still alive");
    fail_unless(idle.read_to_end().has_value());
  }
}
GST_END_TEST;

// Rule: started again at once on the same port, it serves again (its state is soft).
GST_START_TEST(restart_on_the_same_port) {
  std::string address;
  {
    Server server;
    post(server.uri("/v1/announce"), requests::announce());
    address = "127.0.0.1:" + std::to_string(server.port());
    server.process().kill();
  }
  Server again({}, {}, address);
  auto update = requests::announce({.event = wire::AnnounceEvent::Update});
  fail_unless_equals_int(population(post(again.uri("/v1/announce"), update)), 1);
}
GST_END_TEST;

// Rule: each role can be a process of its own, and the index leads to the others.
GST_START_TEST(roles_apart) {
  Server tracker({"--roles", "tracker"}), cps({"--roles", "cps"});
  fail_unless(tracker.line().ends_with("/ (tracker)\n"), "%s", tracker.line().c_str());
  Server index({"--roles", "index"}, "[index]\ncps-uris=" + cps.uri("/v1/cps") +
                                         "\ntracker-uris=" + tracker.uri("/v1/announce") + "\n");
  auto response = post(index.uri("/v1/index"), requests::index());
  auto* reply = requests::read<wire::IndexReply>(response.body);
  fail_unless(reply && reply->cps_uris()->size() == 1 && reply->tracker_uris()->size() == 1);
  auto named = post(reply->cps_uris()->Get(0)->str(), requests::cps("http://h/x"));
  fail_unless_equals_int(named.status, 200);
  fail_unless_equals_int(
      population(post(reply->tracker_uris()->Get(0)->str(), requests::announce())), 1);
  fail_unless_equals_int(post(index.uri("/v1/announce"), requests::announce()).status, 404);
  fail_unless_equals_int(post(tracker.uri("/v1/index"), requests::index()).status, 404);
}
GST_END_TEST;

// Rule: behind a proxy the viewer's network is what the proxy wrote last.
GST_START_TEST(address_header) {
  Server server({}, "[server]\naddress-header=X-Forwarded-For\n");
  auto from = [&](const char* address, wire::AnnounceEvent event) {
    auto body = requests::announce({.event = event});
    return population(post(server.uri("/v1/announce"), body, {{"X-Forwarded-For", address}}));
  };
  fail_unless_equals_int(from("192.0.2.1", wire::AnnounceEvent::Started), 1);
  fail_unless_equals_int(from("192.0.2.1, 198.51.100.1", wire::AnnounceEvent::Stopped), 1);
  fail_unless_equals_int(from("nonsense", wire::AnnounceEvent::Stopped), 1);
  fail_unless_equals_int(from("198.51.100.1, 192.0.2.9", wire::AnnounceEvent::Stopped), 0);
}
GST_END_TEST;

// Rule: what it cannot do it says in a sentence, and ends with another code than 0.
GST_START_TEST(bad_options) {
  Server running;
  auto taken = "127.0.0.1:" + std::to_string(running.port());
  struct {
    std::vector<std::string> arguments;
    std::string listen;
    int code;
    const char* word;
  } cases[] = {{{"--roles", "indx"}, "127.0.0.1:0", 2, "indx"},
               {{"--mqtt", "broker"}, "127.0.0.1:0", 2, "HOST:PORT"},
               {{"--config", "/nonexistent"}, "127.0.0.1:0", 2, "/nonexistent"},
               {{"--bogus"}, "127.0.0.1:0", 2, "bogus"},
               {{"more"}, "127.0.0.1:0", 2, "more"},
               {{}, "localhost:0", 1, "localhost"},
               {{}, taken, 1, "in use"}};
  for (const auto& one : cases) {
    Server server(one.arguments, {}, one.listen);
    fail_unless_equals_string(server.line().c_str(), "");
    auto ending = server.process().wait(5s);
    fail_unless(ending && ending->exit_code == one.code, "%s", one.word);
    fail_unless(server.errors().find(one.word) != std::string::npos, "%s", server.errors().c_str());
  }
}
GST_END_TEST;

static Suite* server_suite() {
  auto* suite = suite_create("server");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, one_line);
  tcase_add_test(tcase, the_way_of_a_viewer);
  tcase_add_test(tcase, rid_is_md5);
  tcase_add_test(tcase, healthz);
  tcase_add_test(tcase, signals);
  tcase_add_test(tcase, restart_on_the_same_port);
  tcase_add_test(tcase, roles_apart);
  tcase_add_test(tcase, address_header);
  tcase_add_test(tcase, bad_options);
  return suite;
}

GST_CHECK_MAIN(server)
