// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/services.h"

#include "requests.h"

#include <algorithm>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive::service;
using namespace std::chrono_literals;
namespace wire = p2plive::wire;

namespace {

// What is hashed is seen in the digest.
std::array<std::uint8_t, 16> not_md5(std::string_view text) {
  std::array<std::uint8_t, 16> digest{};
  std::copy_n(text.begin(), std::min(text.size(), digest.size()), digest.begin());
  return digest;
}

Services make(ServicesOptions options = {}) {
  options.index.cps_uris = {"http://127.0.0.1:1/v1/cps"};
  options.index.tracker_uris = {"http://127.0.0.1:2/v1/announce", "https://b/v1/announce"};
  options.index.mqtt = {{"broker.example", 8883, true}};
  options.index.stun = {{"::1", 3478, false}};
  return Services(options, not_md5, 1);
}

Answer post(Services& services, const char* path, const Bytes& body, Duration now = 0s) {
  return services.post(path, body, {}, Time(now));
}

void expect_refused(Services& services, const char* path, const Bytes& body, unsigned status) {
  auto answer = post(services, path, body);
  fail_unless_equals_int(answer.status, status);
  fail_if(requests::reason(answer.body).empty());
}

} // namespace

// Rule: the index says where everything is, as it was configured.
GST_START_TEST(index_reply) {
  auto services = make();
  auto answer = post(services, "/v1/index", requests::index());
  fail_unless_equals_int(answer.status, 200);
  auto* reply = requests::read<wire::IndexReply>(answer.body);
  fail_unless(reply && reply->version() && reply->version()->major() == 1);
  fail_unless_equals_string(reply->cps_uris()->Get(0)->c_str(), "http://127.0.0.1:1/v1/cps");
  fail_unless_equals_int(reply->tracker_uris()->size(), 2);
  fail_unless_equals_string(reply->tracker_uris()->Get(1)->c_str(), "https://b/v1/announce");
  fail_unless_equals_string(reply->mqtt()->Get(0)->host()->c_str(), "broker.example");
  fail_unless_equals_int(reply->mqtt()->Get(0)->port(), 8883);
  fail_unless(reply->mqtt()->Get(0)->tls());
  fail_unless_equals_string(reply->stun()->Get(0)->host()->c_str(), "::1");
  fail_unless_equals_int(reply->max_age_s(), 300);
}
GST_END_TEST;

// Rule: the RID is the hash of the StreamId, which is told as well.
GST_START_TEST(cps_reply) {
  auto services = make();
  auto answer = post(services, "/v1/cps", requests::cps("https://u@H:1/live/./x.m3u8?t"));
  auto* reply = requests::read<wire::CpsReply>(answer.body);
  fail_unless(answer.status == 200 && reply && reply->rid());
  fail_unless_equals_string(reply->stream_id()->c_str(), "h/live/x.m3u8");
  fail_unless(from_wire(*reply->rid()).bytes == not_md5("h/live/x.m3u8"));
  expect_refused(services, "/v1/cps", requests::cps("rtsp://h/x"), 400);
  expect_refused(services, "/v1/cps", requests::cps("http://h/" + std::string(9000, 'a')), 400);
}
GST_END_TEST;

// Rule: an announce is answered with opaque ids of others.
GST_START_TEST(announce_reply) {
  auto services = make();
  post(services, "/v1/announce", requests::announce({.peer = 1}));
  auto answer = post(services, "/v1/announce", requests::announce({.peer = 2}));
  auto* reply = requests::read<wire::AnnounceReply>(answer.body);
  fail_unless(answer.status == 200 && reply);
  fail_unless_equals_int(reply->population(), 2);
  fail_unless(reply->interval_s() >= 24 && reply->interval_s() <= 36);
  fail_unless_equals_int(reply->peers()->size(), 1);
  fail_unless(from_wire(*reply->peers()->Get(0)->peer_id()) == requests::peer(1));
  fail_unless_equals_uint64(services.health().viewers, 2);
  services.tick(Time(75s));
  fail_unless_equals_uint64(services.health().viewers, 0);
}
GST_END_TEST;

// Rule: another major version is refused with a reason, by every service; a newer minor is fine.
GST_START_TEST(versions) {
  auto services = make();
  expect_refused(services, "/v1/index", requests::index(2), 426);
  expect_refused(services, "/v1/cps", requests::cps("http://h/x", 0), 426);
  expect_refused(services, "/v1/announce", requests::announce({}, 65'535), 426);
  auto why = requests::reason(post(services, "/v1/index", requests::index(2)).body);
  fail_unless(why.find("version 2") != why.npos && why.find("version 1") != why.npos);
  fail_unless_equals_int(post(services, "/v1/cps", requests::cps("http://h/x", 1)).status, 200);
}
GST_END_TEST;

// Rule: a message that lacks what it is about is refused.
GST_START_TEST(missing_fields) {
  auto services = make();
  flatbuffers::FlatBufferBuilder empty, anonymous;
  empty.Finish(wire::CreateIndexRequest(empty));
  expect_refused(services, "/v1/index", requests::bytes(empty), 400);
  auto version = spoken_version();
  anonymous.Finish(wire::CreateAnnounceRequest(anonymous, &version));
  expect_refused(services, "/v1/announce", requests::bytes(anonymous), 400);
  auto unknown = requests::announce({.event = static_cast<wire::AnnounceEvent>(9)});
  expect_refused(services, "/v1/announce", unknown, 400);
}
GST_END_TEST;

// Rule: no bytes whatsoever are read before they are verified (the sanitizers look on), and all are
// answered.
GST_START_TEST(hostile_bytes) {
  auto services = make();
  Random random(1);
  const Bytes originals[] = {requests::index(), requests::cps("http://h/live/x.m3u8?a=1"),
                             requests::announce()};
  expect_refused(services, "/v1/index", {}, 400);
  expect_refused(services, "/v1/cps", Bytes(max_request_size, 0xff), 400);
  expect_refused(services, "/v1/cps", Bytes(max_request_size + 1, 0), 413);
  for (int round = 0; round < 10'000; ++round) {
    auto body = originals[round % 3];
    for (auto changes = 1 + random.below(6); changes > 0; --changes)
      body[random.below(static_cast<std::uint32_t>(body.size()))] =
          static_cast<std::uint8_t>(random.next());
    if (random.below(4) == 0)
      body.resize(random.below(static_cast<std::uint32_t>(body.size() + 1)));
    for (const char* path : {"/v1/index", "/v1/cps", "/v1/announce"}) {
      auto status = post(services, path, body).status;
      fail_unless(status == 200 || status == 400 || status == 426, "status %u", status);
    }
  }
}
GST_END_TEST;

// Rule: only the roles that were asked for answer.
GST_START_TEST(roles) {
  ServicesOptions options;
  options.roles = {Role::tracker};
  auto services = make(options);
  fail_unless(services.serves("/v1/announce"));
  fail_if(services.serves("/v1/cps") || services.serves("/v1/index") || services.serves("/"));
  expect_refused(services, "/v1/cps", requests::cps("http://h/x"), 404);
  fail_unless_equals_int(post(services, "/v1/announce", requests::announce()).status, 200);
}
GST_END_TEST;

// Rule: beyond what the server is to bear it answers 429 with a time to wait, the waits differ, and
// a second later it serves again.
GST_START_TEST(load_shedding) {
  ServicesOptions options;
  options.requests_per_second = 100;
  auto services = make(options);
  unsigned served = 0;
  std::vector<long> waits;
  for (int i = 0; i < 1'000; ++i) {
    auto answer = post(services, "/v1/index", requests::index());
    served += answer.status == 200;
    if (answer.status == 429) {
      fail_unless(answer.retry_after && *answer.retry_after >= 5s && *answer.retry_after <= 20s);
      auto* refusal = requests::read<wire::Refusal>(answer.body);
      fail_unless_equals_int(refusal->retry_after_s(), answer.retry_after->count());
      waits.push_back(answer.retry_after->count());
    }
  }
  fail_unless_equals_int(served, 200); // two seconds' worth at once
  fail_unless_equals_uint64(services.health().shed, 800);
  fail_unless(std::count(waits.begin(), waits.end(), waits[0]) < 400);
  fail_unless_equals_int(post(services, "/v1/index", requests::index(), 1s).status, 200);
}
GST_END_TEST;

// Rule: at a rate that is borne nobody is refused.
GST_START_TEST(no_shedding_without_load) {
  ServicesOptions options;
  options.requests_per_second = 100;
  auto services = make(options);
  for (int i = 0; i < 2'000; ++i)
    fail_unless_equals_int(post(services, "/v1/index", requests::index(), i * 12ms).status, 200);
}
GST_END_TEST;

static Suite* services_suite() {
  auto* suite = suite_create("services");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, index_reply);
  tcase_add_test(tcase, cps_reply);
  tcase_add_test(tcase, announce_reply);
  tcase_add_test(tcase, versions);
  tcase_add_test(tcase, missing_fields);
  tcase_add_test(tcase, hostile_bytes);
  tcase_add_test(tcase, roles);
  tcase_add_test(tcase, load_shedding);
  tcase_add_test(tcase, no_shedding_without_load);
  return suite;
}

GST_CHECK_MAIN(services)
