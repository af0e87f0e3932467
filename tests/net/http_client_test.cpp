// HttpClient against a real nginx.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_client.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include "http_record.h"
#include "loop.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using Kind = net::HttpError::Kind;
using test::HttpRecord;

namespace {

constexpr auto locations = R"(
    location /whole/ { alias @ROOT@/; max_ranges 0; }
    location = /moved { return 302 /file; }
    location = /circle { return 302 /circle; }
    location = /elsewhere { return 302 ftp://127.0.0.1/file; }
    location = /busy { add_header Retry-After 7 always; add_header Age 3 always; return 503; }
    location = /hop1 { return 307 /file; }
    location = /hop2 { return 307 /hop1; }
    location = /hop3 { return 307 /hop2; }
    location = /hop4 { return 307 /hop3; }
    location = /hop5 { return 307 /hop4; }
    location = /hop6 { return 307 /hop5; }
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = char(i * 2654435761u >> 13);
  return text;
}

struct Cdn {
  processes::TemporaryDirectory directory{"p2plive-http-test"};
  std::string file = pattern(300'000);
  std::string playlist;
  processes::Service nginx;
  test::Loop loop;
  net::HttpClient client{loop.context(), {.user_agent = "tester/1"}};

  Cdn() {
    for (int i = 0; i < 100; ++i)
      playlist += "#EXTINF:2.0,\nsegment" + std::to_string(i) + ".ts\n";
    std::ofstream(directory / "file") << file;
    std::ofstream(directory / "live.m3u8") << playlist;
    processes::NginxOptions options;
    options.directory = directory.path();
    options.root = directory.path();
    options.locations = replaced(locations, "@ROOT@", directory.path().string());
    auto started = processes::start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    nginx = std::move(*started);
  }

  net::HttpRequest request(const std::string& path) { return {.uri = nginx.url() + path}; }

  void finish(HttpRecord& record, net::HttpRequest asked) {
    record.start(client, std::move(asked));
    fail_unless(loop.run_until([&] { return record.over(); }), "no end of the transfer");
    fail_unless_equals_int(record.out_of_order, 0);
  }
  void succeed(HttpRecord& record, net::HttpRequest asked) {
    finish(record, std::move(asked));
    fail_unless(record.done, "failed: %s", record.error ? record.error->detail.c_str() : "");
  }

  /// A field of every line of nginx's log, counted from 0.
  std::vector<std::string> logged(int field) {
    nginx.process.terminate(); // writes everything
    std::ifstream log(nginx.directory / "access.log");
    std::vector<std::string> result;
    for (std::string line; std::getline(log, line);) {
      std::stringstream fields(line);
      std::string value;
      for (int i = 0; i <= field; ++i)
        std::getline(fields, value, '\t');
      result.push_back(value);
    }
    return result;
  }
};

} // namespace

// Rule: a GET brings head, the bytes as they are, and done.
GST_START_TEST(a_whole_resource) {
  Cdn cdn;
  HttpRecord record;
  cdn.succeed(record, cdn.request("file"));
  fail_unless_equals_int(record.head->status, 200);
  fail_unless(record.body == cdn.file);
  fail_unless_equals_uint64(record.head->size.value(), cdn.file.size());
  fail_unless_equals_uint64(record.head->first, 0);
  fail_unless(record.head->uri == cdn.nginx.url() + "file");
  fail_unless_equals_string(record.head->content_type.c_str(), "application/octet-stream");
  fail_unless(cdn.client.header_bytes() > 100 && cdn.client.header_bytes() < 1000);
}
GST_END_TEST;

// Rule: a closed range brings these bytes, where they begin, and the size of the whole.
GST_START_TEST(a_range) {
  Cdn cdn;
  HttpRecord record;
  auto request = cdn.request("file");
  request.range = net::ByteRange{65'424, 2 * 65'424 - 1};
  cdn.succeed(record, request);
  fail_unless_equals_int(record.head->status, 206);
  fail_unless_equals_uint64(record.head->first, 65'424);
  fail_unless_equals_uint64(record.head->size.value(), cdn.file.size());
  fail_unless(record.body == cdn.file.substr(65'424, 65'424));

  HttpRecord cut; // reaches beyond the end: what there is
  request.range = net::ByteRange{299'000, 400'000};
  cdn.succeed(cut, request);
  fail_unless_equals_int(cut.head->status, 206);
  fail_unless(cut.body == cdn.file.substr(299'000));
}
GST_END_TEST;

// Rule: a 416 is a head that names the true size.
GST_START_TEST(a_range_beyond_the_end) {
  Cdn cdn;
  HttpRecord record;
  auto request = cdn.request("file");
  request.range = net::ByteRange{500'000, 600'000};
  cdn.succeed(record, request);
  fail_unless_equals_int(record.head->status, 416);
  fail_unless_equals_uint64(record.head->size.value(), cdn.file.size());
}
GST_END_TEST;

// Rule: a server that ignores ranges answers with the whole, and the head says so.
GST_START_TEST(a_server_without_ranges) {
  Cdn cdn;
  HttpRecord record;
  auto request = cdn.request("whole/file");
  request.range = net::ByteRange{100, 199};
  cdn.succeed(record, request);
  fail_unless_equals_int(record.head->status, 200);
  fail_unless_equals_uint64(record.head->first, 0);
  fail_unless_equals_uint64(record.head->size.value(), cdn.file.size());
  fail_unless(record.body == cdn.file);
}
GST_END_TEST;

// Rule: requests that follow one another share a connection, those at the same time do not pass the
// limit, and each names the program.
GST_START_TEST(connections_are_kept) {
  Cdn cdn;
  auto request = cdn.request("file");
  request.range = net::ByteRange{0, 99};
  for (int i = 0; i < 5; ++i) {
    HttpRecord record;
    cdn.succeed(record, request);
  }
  std::vector<HttpRecord> records(30);
  for (auto& record : records)
    record.start(cdn.client, request);
  auto all_done = [&] {
    return std::all_of(records.begin(), records.end(), [](auto& record) { return record.done; });
  };
  fail_unless(cdn.loop.run_until(all_done));
  for (auto& agent : cdn.logged(7))
    fail_unless_equals_string(agent.c_str(), "tester/1");
  const auto connections = cdn.logged(8);
  fail_unless_equals_int(connections.size(), 35);
  const std::set<std::string> one_by_one(connections.begin(), connections.begin() + 5);
  const std::set<std::string> all(connections.begin(), connections.end());
  fail_unless_equals_int(one_by_one.size(), 1);
  fail_unless(all.size() <= 6, "%zu connections", all.size());
}
GST_END_TEST;

// Rule: playlists travel compressed and arrive as they are; ranges never travel compressed.
GST_START_TEST(playlists_are_compressed) {
  Cdn cdn;
  HttpRecord record, part;
  cdn.succeed(record, cdn.request("live.m3u8"));
  fail_unless(record.body == cdn.playlist);
  fail_if(record.head->size && *record.head->size != cdn.playlist.size());
  fail_unless_equals_string(record.head->content_type.c_str(), "application/vnd.apple.mpegurl");
  auto request = cdn.request("live.m3u8");
  request.range = net::ByteRange{5, 1004};
  cdn.succeed(part, request);
  fail_unless(part.body == cdn.playlist.substr(5, 1000));
  const auto sent = std::stoul(cdn.logged(4).at(0));
  fail_unless(sent * 3 < cdn.playlist.size(), "%lu bytes sent", sent);
}
GST_END_TEST;

// Rule: what is known already is not sent again.
GST_START_TEST(an_etag_spares_the_body) {
  Cdn cdn;
  HttpRecord first, second;
  cdn.succeed(first, cdn.request("file"));
  fail_if(first.head->etag.empty());
  auto request = cdn.request("file");
  request.etag = first.head->etag;
  cdn.succeed(second, request);
  fail_unless_equals_int(second.head->status, 304);
  fail_unless(second.body.empty());
}
GST_END_TEST;

// Rule: a status of 4xx or 5xx is a head with its body, not an error; Retry-After and Age are told.
GST_START_TEST(refusals_are_heads) {
  Cdn cdn;
  HttpRecord missing, busy, wrong_method;
  cdn.succeed(missing, cdn.request("nothing"));
  fail_unless_equals_int(missing.head->status, 404);
  fail_if(missing.body.empty());
  cdn.succeed(busy, cdn.request("busy"));
  fail_unless_equals_int(busy.head->status, 503);
  fail_unless(busy.head->retry_after == 7s);
  fail_unless(busy.head->age == 3s);
  auto post = cdn.request("file");
  post.post = std::vector<std::uint8_t>(100'000, 1);
  cdn.succeed(wrong_method, post);
  fail_unless_equals_int(wrong_method.head->status, 405);
}
GST_END_TEST;

// Rule: redirects are followed, a range with them, and the head tells where it came from.
GST_START_TEST(redirects_are_followed) {
  Cdn cdn;
  HttpRecord record, hops;
  auto request = cdn.request("moved");
  request.range = net::ByteRange{10, 19};
  cdn.succeed(record, request);
  fail_unless_equals_int(record.head->status, 206);
  fail_unless(record.body == cdn.file.substr(10, 10));
  fail_unless(record.head->uri == cdn.nginx.url() + "file");
  cdn.succeed(hops, cdn.request("hop5"));
  fail_unless(hops.body == cdn.file);
}
GST_END_TEST;

// Rule: at most five redirects, and none to another scheme.
GST_START_TEST(redirects_are_bounded) {
  Cdn cdn;
  HttpRecord circle, elsewhere, hops;
  cdn.finish(hops, cdn.request("hop6"));
  fail_unless(hops.failed_as(Kind::redirects));
  fail_if(hops.head);
  cdn.finish(circle, cdn.request("circle"));
  fail_unless(circle.failed_as(Kind::redirects));
  fail_if(circle.head);
  cdn.finish(elsewhere, cdn.request("elsewhere"));
  fail_unless(elsewhere.failed_as(Kind::redirects));
  fail_if(elsewhere.head);
  // Six requests each for those that go on, and one that goes nowhere.
  fail_unless_equals_int(cdn.logged(0).size(), 6 + 6 + 1);
}
GST_END_TEST;

// Rule: a body longer than the limit is an error, known from the head or not.
GST_START_TEST(bodies_are_bounded) {
  Cdn cdn;
  HttpRecord told, compressed, fits;
  auto request = cdn.request("file");
  request.limit = cdn.file.size() - 1;
  cdn.finish(told, request);
  fail_unless(told.failed_as(Kind::too_large));
  fail_unless(told.head && told.body.empty());
  request.limit = cdn.file.size();
  cdn.succeed(fits, request);
  auto list = cdn.request("live.m3u8"); // compressed it would fit
  list.limit = cdn.playlist.size() - 1;
  cdn.finish(compressed, list);
  fail_unless(compressed.failed_as(Kind::too_large));
}
GST_END_TEST;

// Rule: what is no http or https URI is told as such, later, like everything.
GST_START_TEST(bad_uris) {
  Cdn cdn;
  for (auto* uri : {"", "file", "ftp://127.0.0.1/x", "http://", "http:///x", "http://[::1/x",
                    "http://127.0.0.1:99999/x", "file:///etc/passwd"}) {
    HttpRecord record;
    cdn.finish(record, {.uri = uri});
    fail_unless(record.failed_as(Kind::bad_uri), "%s: %s", uri,
                record.error ? record.error->detail.c_str() : "done");
  }
}
GST_END_TEST;

static Suite* http_client_suite() {
  auto* suite = suite_create("http_client");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, a_whole_resource);
  tcase_add_test(tcase, a_range);
  tcase_add_test(tcase, a_range_beyond_the_end);
  tcase_add_test(tcase, a_server_without_ranges);
  tcase_add_test(tcase, connections_are_kept);
  tcase_add_test(tcase, playlists_are_compressed);
  tcase_add_test(tcase, an_etag_spares_the_body);
  tcase_add_test(tcase, refusals_are_heads);
  tcase_add_test(tcase, redirects_are_followed);
  tcase_add_test(tcase, redirects_are_bounded);
  tcase_add_test(tcase, bodies_are_bounded);
  tcase_add_test(tcase, bad_uris);
  return suite;
}

GST_CHECK_MAIN(http_client)
