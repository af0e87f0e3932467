// What requests say about who sends them. The servers are names that an HTTP proxy, which the test
// is, answers for; so no name is ever looked up.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_client.h"

#include <map>
#include <mutex>

#include "http_record.h"
#include "loop.h"
#include "raw_server.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using test::HttpRecord;

namespace {

constexpr auto home = "http://live.example.com/master.m3u8";

std::string response(const std::string& status, const std::string& headers = {}) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: 2\r\nConnection: close\r\n\r\nok";
}

struct World {
  test::Loop loop;
  std::mutex lock;
  std::vector<std::string> heads;                 ///< of all requests, in order
  std::map<std::string, std::string> answers;     ///< by URI; else a plain 200
  std::pair<std::string, std::string> authorized; ///< an answer to who has authorization
  test::RawServer proxy{[this](test::RawConnection& connection) {
    auto head = connection.read_head();
    if (head.empty())
      return;
    std::lock_guard guard(lock);
    auto uri = head.substr(4, head.find(' ', 4) - 4);
    heads.push_back(std::move(head));
    auto found = answers.find(uri);
    if (uri == authorized.first && heads.back().find("\r\nAuthorization:") != std::string::npos) {
      connection.write(authorized.second);
      return;
    }
    connection.write(found == answers.end() ? response("200 OK") : found->second);
  }};

  net::HttpClient::Options options(const std::string& at = home) {
    net::HttpClient::Options options;
    options.proxy = proxy.url();
    options.identity.emplace().home = at;
    return options;
  }

  HttpRecord get(net::HttpClient& client, const std::string& uri) {
    HttpRecord record;
    record.start(client, {.uri = uri});
    fail_unless(loop.run_until([&] { return record.over(); }));
    fail_unless(record.done, "%s", record.error ? record.error->detail.c_str() : "");
    record.transfer.reset();
    return record;
  }

  void answer(const std::string& uri, const std::string& with) {
    std::lock_guard guard(lock);
    answers[uri] = with;
  }
  std::size_t requests() {
    std::lock_guard guard(lock);
    return heads.size();
  }
  std::string head(std::size_t from_the_end = 0) {
    std::lock_guard guard(lock);
    return heads.at(heads.size() - 1 - from_the_end);
  }
};

bool has(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != head.npos;
}

bool names(const std::string& head, const std::string& name) {
  return head.find("\r\n" + name + ":") != head.npos;
}

} // namespace

// Rule: headers go with every request, each line as it was given; Authorization only to the site of
// the stream, which is its registrable domain.
GST_START_TEST(headers_go_where_they_may) {
  World world;
  auto options = world.options();
  options.identity->headers = {{"Referer", "http://player.example/"},
                               {"authorization", "Bearer x"},
                               {"X-A", "1"},
                               {"X-A", "2"}};
  net::HttpClient client(world.loop.context(), options);
  for (auto* near : {home, "http://cdn7.example.com/1.ts", "http://example.com:81/1.ts"}) {
    world.get(client, near);
    for (auto* line :
         {"Referer: http://player.example/", "Authorization: Bearer x", "X-A: 1", "X-A: 2"})
      fail_unless(has(world.head(), line), "%s: %s", near, world.head().c_str());
  }
  for (auto* far :
       {"http://example.org/1.ts", "http://notexample.com/1.ts", "http://127.0.0.1/1.ts"}) {
    world.get(client, far);
    fail_unless(has(world.head(), "X-A: 2") && names(world.head(), "Referer"));
    fail_if(names(world.head(), "Authorization"), "%s: %s", far, world.head().c_str());
  }
}
GST_END_TEST;

// Rule: who shares no more than a public suffix is another site.
GST_START_TEST(a_public_suffix_is_no_site) {
  World world;
  auto options = world.options("http://one.co.uk/live.m3u8");
  options.identity->headers = {{"Authorization", "Bearer x"}};
  options.identity->cookies = {"token=1"};
  net::HttpClient client(world.loop.context(), options);
  world.get(client, "http://www.one.co.uk/1.ts");
  fail_unless(names(world.head(), "Authorization") && has(world.head(), "Cookie: token=1"));
  world.get(client, "http://two.co.uk/1.ts");
  fail_if(names(world.head(), "Authorization") || names(world.head(), "Cookie"));
}
GST_END_TEST;

// Rule: a redirect to another site takes no proof of identity along, and one within the site does.
GST_START_TEST(redirects_do_not_leak) {
  World world;
  auto options = world.options();
  options.identity->headers = {{"Authorization", "Bearer x"}, {"X-A", "1"}};
  options.identity->cookies = {"token=1"};
  net::HttpClient client(world.loop.context(), options);
  world.answer("http://live.example.com/far",
               response("302 Found", "Location: http://example.org/a\r\n"));
  world.answer("http://live.example.com/near",
               response("302 Found", "Location: http://cdn.example.com/a\r\n"));
  fail_unless(world.get(client, "http://live.example.com/far").head->uri == "http://example.org/a");
  fail_unless(names(world.head(1), "Authorization") && names(world.head(1), "Cookie"));
  fail_if(names(world.head(), "Authorization") || names(world.head(), "Cookie"), "%s",
          world.head().c_str());
  fail_unless(has(world.head(), "X-A: 1"));
  world.get(client, "http://live.example.com/near");
  fail_unless(has(world.head(), "Authorization: Bearer x") && has(world.head(), "Cookie: token=1"));
}
GST_END_TEST;

// Rule: an identity for https is never shown in the clear.
GST_START_TEST(https_is_not_left) {
  World world;
  auto options = world.options("https://live.example.com/master.m3u8");
  options.identity->headers = {{"Authorization", "Bearer x"}};
  options.identity->cookies = {"token=1"};
  options.identity->user = "me";
  net::HttpClient client(world.loop.context(), options);
  world.answer(home, response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
  fail_unless_equals_int(world.get(client, home).head->status, 401);
  fail_unless_equals_int(world.requests(), 1);
  fail_if(names(world.head(), "Authorization") || names(world.head(), "Cookie"));
}
GST_END_TEST;

// Rule: cookies that a server sets are sent back to it, beside the application's; a client without
// an identity keeps none.
GST_START_TEST(cookies_are_kept) {
  World world;
  auto options = world.options();
  options.identity->cookies = {"token=a=b", "second=2"};
  world.answer(home, response("200 OK", "Set-Cookie: session=7; Path=/\r\n"));
  world.answer("http://example.org/1.ts", response("200 OK", "Set-Cookie: other=8; Path=/\r\n"));
  net::HttpClient client(world.loop.context(), options);
  world.get(client, home);
  fail_unless(has(world.head(), "Cookie: token=a=b; second=2"), "%s", world.head().c_str());
  world.get(client, "http://example.org/1.ts");
  fail_if(names(world.head(), "Cookie"));
  world.get(client, "http://example.org/2.ts");
  fail_unless(has(world.head(), "Cookie: other=8"), "%s", world.head().c_str());
  world.get(client, home);
  for (auto* pair : {"token=a=b", "second=2", "session=7"})
    fail_unless(world.head().find(pair) != std::string::npos, "%s", world.head().c_str());

  options.identity.reset();
  net::HttpClient nobody(world.loop.context(), options);
  world.get(nobody, home);
  world.get(nobody, home);
  fail_if(names(world.head(), "Cookie"));
}
GST_END_TEST;

// Rule: servers cannot fill the memory with cookies.
GST_START_TEST(cookies_are_bounded) {
  World world;
  net::HttpClient client(world.loop.context(), world.options());
  for (int i = 0; i < 30; ++i) {
    std::string set;
    for (int j = 0; j < 10; ++j)
      set += "Set-Cookie: c" + std::to_string(10 * i + j) + "=1; Path=/\r\n";
    world.answer(home, response("200 OK", set));
    world.get(client, home);
  }
  auto head = world.head();
  std::size_t sent = 0;
  for (auto at = head.find("=1"); at != head.npos; at = head.find("=1", at + 1))
    ++sent;
  fail_unless(sent > 150 && sent < 220, "%zu cookies", sent);
}
GST_END_TEST;

// Rule: a server of the stream that asks for a user is told; one elsewhere is not. A wrong password
// is not tried again and again.
GST_START_TEST(user_and_password) {
  World world;
  auto options = world.options();
  options.identity->user = "me";
  options.identity->password = "secret";
  net::HttpClient client(world.loop.context(), options);
  const auto asks = response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n");
  world.answer(home, asks);
  world.answer("http://example.org/1.ts", asks);
  fail_unless_equals_int(world.get(client, home).head->status, 401);
  fail_unless_equals_int(world.requests(), 2);
  fail_unless(has(world.head(), "Authorization: Basic bWU6c2VjcmV0"), "%s", world.head().c_str());
  fail_unless_equals_int(world.get(client, "http://example.org/1.ts").head->status, 401);
  fail_unless_equals_int(world.requests(), 3);
  fail_if(names(world.head(), "Authorization"));
}
GST_END_TEST;

// Rule: nor is a server elsewhere told when the one that asked redirects there.
GST_START_TEST(a_login_is_not_taken_along) {
  World world;
  auto options = world.options();
  options.identity->user = "me";
  net::HttpClient client(world.loop.context(), options);
  world.answer(home, response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
  {
    std::lock_guard guard(world.lock);
    world.authorized = {home, response("302 Found", "Location: http://example.org/a\r\n")};
  }
  fail_unless(world.get(client, home).head->uri == "http://example.org/a");
  fail_unless_equals_int(world.requests(), 3);
  fail_unless(names(world.head(1), "Authorization"));
  fail_if(names(world.head(), "Authorization"), "%s", world.head().c_str());
}
GST_END_TEST;

// Rule: a proxy that asks for a user is told, and nobody else is.
GST_START_TEST(proxy_user) {
  World world;
  auto options = world.options();
  options.proxy = "http://me:secret@127.0.0.1:" + std::to_string(world.proxy.port());
  net::HttpClient client(world.loop.context(), options);
  world.answer(home, response("407 Proxy Authentication Required",
                              "Proxy-Authenticate: Basic realm=\"x\"\r\n"));
  world.get(client, home);
  fail_unless(has(world.head(), "Proxy-Authorization: Basic bWU6c2VjcmV0"), "%s",
              world.head().c_str());
  fail_if(names(world.head(), "Authorization"));
}
GST_END_TEST;

// Rule: an address is a site of its own, and a host without a domain likewise.
GST_START_TEST(hosts_without_domains) {
  World world;
  for (auto [mine, other] : {std::pair("http://127.0.0.1/", "http://127.0.0.2/"),
                             std::pair("http://localhost/", "http://otherhost/")}) {
    auto options = world.options(mine);
    options.identity->headers = {{"Authorization", "Bearer x"}};
    options.identity->cookies = {"token=1"};
    net::HttpClient client(world.loop.context(), options);
    world.get(client, mine);
    fail_unless(names(world.head(), "Authorization") && names(world.head(), "Cookie"), "%s",
                world.head().c_str());
    world.get(client, other);
    fail_if(names(world.head(), "Authorization") || names(world.head(), "Cookie"), "%s",
            world.head().c_str());
  }
}
GST_END_TEST;

static Suite* http_identity_suite() {
  auto* suite = suite_create("http_identity");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, headers_go_where_they_may);
  tcase_add_test(tcase, a_public_suffix_is_no_site);
  tcase_add_test(tcase, redirects_do_not_leak);
  tcase_add_test(tcase, https_is_not_left);
  tcase_add_test(tcase, cookies_are_kept);
  tcase_add_test(tcase, cookies_are_bounded);
  tcase_add_test(tcase, user_and_password);
  tcase_add_test(tcase, a_login_is_not_taken_along);
  tcase_add_test(tcase, proxy_user);
  tcase_add_test(tcase, hosts_without_domains);
  return suite;
}

GST_CHECK_MAIN(http_identity)
