// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/options.h"

#include "viewer/http_options.h"

#include "../net/authority.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

ViewerOptions good() {
  ViewerOptions options;
  options.uri = "http://127.0.0.1/live.m3u8";
  return options;
}

template <typename Change>
void refused(Change change) {
  auto options = good();
  change(options);
  auto error = viewer::check(options);
  fail_unless(error.has_value());
  fail_unless(error->kind == Error::Kind::settings);
  fail_if(error->message.empty());
}

} // namespace

// Rule: only what can be fetched is taken for a URI, and limits are sensible.
GST_START_TEST(bad_options_are_refused) {
  fail_if(viewer::check(good()).has_value());
  for (auto* uri : {"", "live.m3u8", "file:///etc/passwd", "ftp://host/x", "http://", "http:///x",
                    "http://host:port/x", "p2plive+http://host/x"}) {
    refused([&](auto& options) { options.uri = uri; });
    if (*uri)
      refused([&](auto& options) { options.index_uri = uri; });
  }
  refused([](auto& options) { options.uri += std::string(9000, 'x'); });
  refused([](auto& options) { options.seed_share = 1.5; });
  refused([](auto& options) { options.seed_share = 0.0 / 0.0; });
  refused([](auto& options) { options.live_delay = -1s; });
  refused([](auto& options) { options.lead = -1s; });
  refused([](auto& options) { options.start_offset = 25h; });
  refused([](auto& options) { options.start_offset = -25h; });
  refused([](auto& options) { options.cdn_threshold = -1s; });
  refused([](auto& options) { options.max_peers = 10'000; });
  refused([](auto& options) { options.local_address = "localhost"; });
  refused([](auto& options) { options.user_agent = "x\r\nHost: y"; });
}
GST_END_TEST;

// Rule: headers, cookies and logins that would break a request, or that it decides on for itself,
// are refused, and so is more of them than servers take.
GST_START_TEST(bad_http_options_are_refused) {
  for (auto* name : {"", "X A", "X:A", "X\r\nHost", "\xc3\xa4", "Host", "range", "User-Agent",
                     "Content-Length", "Proxy-Authorization", "If-None-Match"})
    refused([&](auto& options) { options.http.headers = {{name, "1"}}; });
  for (auto* value : {"1\r\nHost: x", "1\n", "\x01"})
    refused([&](auto& options) { options.http.headers = {{"X-A", value}}; });
  for (auto* cookie : {"", "token", "=1", "a=1; Path=/", "a=1\r\nHost: x", "a b=1"})
    refused([&](auto& options) { options.http.cookies = {cookie}; });
  refused([](auto& options) { options.http.headers = {{"Cookie", "a=1; b"}}; });
  refused([](auto& options) { options.http.headers.assign(65, {"X-A", "1"}); });
  refused([](auto& options) { options.http.headers = {{"X-A", std::string(9000, 'x')}}; });
  refused([](auto& options) { options.http.cookies.assign(65, "a=1"); });
  refused([](auto& options) { options.http.cookies = {"a=" + std::string(9000, 'x')}; });
  refused([](auto& options) { options.http.password = "alone"; });
  refused([](auto& options) { options.http.user = "a:b"; });
  refused([](auto& options) { options.http.user = "a\n"; });
  for (auto* proxy : {"ftp://host:1", "http://", "http://host:port", "socks5:///x"})
    refused([&](auto& options) { options.http.proxy = proxy; });
  refused([](auto& options) { options.http.proxy_user = "me"; });
  refused([](auto& options) { options.http.timeout = -1s; });
  auto options = good();
  options.http.headers = {{"Referer", "http://player.example/"}, {"cookie", "a=1;b=2; c=3"}};
  options.http.cookies = {"d=4"};
  options.http.user = "me";
  options.http.proxy = "host:3128";
  options.http.timeout = 1s;
  auto error = viewer::check(options);
  fail_if(error.has_value(), "%s", error ? error->message.c_str() : "");
}
GST_END_TEST;

// Rule: the stream's servers get what the application says; the services get proxy and TLS of it.
GST_START_TEST(http_options_become_clients) {
  HttpOptions options;
  options.headers = {{"Referer", "http://player.example/"}, {"cookie", "a=1;b=2; c=3"}};
  options.cookies = {"d=4"};
  options.user = "me";
  options.proxy = "host:3128";
  options.proxy_user = "you";
  options.proxy_password = "p@ss";
  options.verify_tls = false;
  auto stream = viewer::to_stream_client(options, "x/1", "http://h/live.m3u8");
  fail_unless(stream.identity->home == "http://h/live.m3u8" && stream.identity->user == "me");
  fail_unless_equals_int(stream.identity->headers.size(), 1);
  fail_unless(stream.identity->cookies == std::vector<std::string>({"d=4", "a=1", "b=2", "c=3"}));
  auto services = viewer::to_services_client(options, "x/1");
  fail_if(services.identity.has_value());
  for (const auto& client : {stream, services}) {
    fail_unless(client.user_agent == "x/1" && !client.verify_tls);
    fail_unless_equals_string(client.proxy.c_str(), "http://you:p%40ss@host:3128");
  }
}
GST_END_TEST;

// Rule: a file of authorities is read when the viewer opens, and must be one.
GST_START_TEST(authorities_are_read) {
  HttpOptions options;
  fail_if(viewer::load_authorities(options).has_value());
  fail_if(options.tls_database != nullptr);
  options.ca_file = "/nonexistent/ca.pem";
  auto error = viewer::load_authorities(options);
  fail_unless(error && error->kind == Error::Kind::settings);
  processes::TemporaryDirectory directory{"p2plive-options-test"};
  const auto file = test::Authority(directory.path()).file("ca.pem");
  options.ca_file = file;
  fail_if(viewer::load_authorities(options).has_value());
  fail_unless(viewer::to_services_client(options, "x/1").tls_database != nullptr);
  options.ca_file.clear(); // the application may as well have given the database
  auto trust = viewer::to_broker_trust(options);
  fail_unless(trust.verify);
  fail_unless_equals_string(trust.ca_file.c_str(), file.c_str());
  options.verify_tls = false;
  fail_if(viewer::to_broker_trust(options).verify);
}
GST_END_TEST;

// Rule: bounds of the quality that are not set bound nothing; codecs are a list.
GST_START_TEST(quality_becomes_a_wish) {
  auto wish = viewer::to_wish({});
  fail_unless(wish.max_bandwidth == UINT64_MAX && wish.max_width == UINT32_MAX &&
              wish.max_height == UINT32_MAX && wish.codecs.empty());
  wish = viewer::to_wish(
      {.max_bitrate = 1, .max_width = 2, .max_height = 3, .codecs = "avc1, mp4a.40"});
  fail_if(wish.adaptive || wish.start_bandwidth != 0);
  fail_unless(wish.max_bandwidth == 1 && wish.max_width == 2 && wish.max_height == 3);
  fail_unless(wish.codecs == std::vector<std::string>({"avc1", "mp4a.40"}));
  wish = viewer::to_wish({.adaptive = true, .start_bitrate = 4});
  fail_unless(wish.adaptive && wish.start_bandwidth == 4);
  refused([](auto& options) { options.quality.codecs = "avc1;mp4a"; });
  refused([](auto& options) { options.quality.codecs = std::string(1000, 'a'); });
}
GST_END_TEST;

// Rule: the application counts bits, the core bytes; a small limit is not "never".
GST_START_TEST(the_upload_limit_is_converted) {
  fail_unless(!viewer::to_upload_limit({}));
  fail_unless(viewer::to_upload_limit(0) == 0u);
  fail_unless(viewer::to_upload_limit(1) == 1u);
  fail_unless(viewer::to_upload_limit(8'000'000) == 1'000'000u);
}
GST_END_TEST;

// Rule: without an Index more goes out together, but little beside the lead; whose queues are full
// waits only while they leave a reserve. Where other viewers may be it is as it was.
GST_START_TEST(portions) {
  using std::chrono::nanoseconds;
  auto options = good();
  for (auto [lead, adaptive, together] :
       {std::tuple(3'000ms, false, 500ms), std::tuple(60'000ms, false, 500ms),
        std::tuple(1'200ms, false, 200ms), std::tuple(3'000ms, true, 500ms),
        std::tuple(590ms, false, 0ms), std::tuple(0ms, false, 0ms)}) {
    options.lead = lead;
    options.quality.adaptive = adaptive;
    auto settings = viewer::to_settings(options);
    auto portions = viewer::to_portions(options);
    fail_unless(settings.together.value_or(0ns) == together);
    fail_unless(portions.enough.has_value() == settings.together.has_value());
    if (!portions.enough)
      continue;
    fail_unless(portions.together == together);
    fail_unless(*portions.enough - together >= settings.reserve);
  }
  options = good();
  options.index_uri = "http://127.0.0.1/";
  fail_if(viewer::to_settings(options).together || viewer::to_portions(options).enough);
}
GST_END_TEST;

// Rule: each viewer draws its own id.
GST_START_TEST(ids_are_drawn) {
  fail_unless(viewer::to_settings(good()).self != viewer::to_settings(good()).self);
}
GST_END_TEST;

static Suite* options_suite() {
  auto* suite = suite_create("options");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, bad_options_are_refused);
  tcase_add_test(tcase, bad_http_options_are_refused);
  tcase_add_test(tcase, http_options_become_clients);
  tcase_add_test(tcase, authorities_are_read);
  tcase_add_test(tcase, quality_becomes_a_wish);
  tcase_add_test(tcase, the_upload_limit_is_converted);
  tcase_add_test(tcase, portions);
  tcase_add_test(tcase, ids_are_drawn);
  return suite;
}

GST_CHECK_MAIN(options)
