// What is set on p2plivesrc about HTTP is what the stream's servers see.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../net/authority.h"
#include "../net/raw_server.h"
#include "live_stream.h"
#include "pipeline.h"

#include <gio/gio.h>
#include <mutex>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

/// Refuses everything, with `answer` (a status line and headers), and keeps what it was asked.
class Refuser {
public:
  explicit Refuser(const std::string& answer)
      : server_([this, answer](test::RawConnection& connection) {
          auto head = connection.read_head();
          {
            std::lock_guard guard(lock_);
            heads_.push_back(std::move(head));
          }
          connection.write("HTTP/1.1 " + answer +
                           "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }) {}

  std::string url() const { return server_.url(); }
  std::vector<std::string> heads() const {
    std::lock_guard guard(lock_);
    return heads_;
  }

private:
  mutable std::mutex lock_;
  std::vector<std::string> heads_;
  test::RawServer server_; // last: its thread uses the others
};

/// Until it has failed; `set` may set what a description cannot.
void fails(
    const std::string& properties, int code, std::chrono::milliseconds patience = 10s,
    const std::function<void(GstElement*)>& set = [](GstElement*) {}) {
  Pipeline pipeline("p2plivesrc name=src " + properties + " ! fakesink");
  auto* source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
  set(source);
  gst_object_unref(source);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return !pipeline.errors().empty(); }, patience), "%s",
              properties.c_str());
  fail_unless_equals_int(pipeline.errors().front().code, code);
}

void has(const std::string& head, const std::string& line) {
  fail_unless(head.find("\r\n" + line + "\r\n") != head.npos, "no %s in %s", line.c_str(),
              head.c_str());
}

} // namespace

// Rule: headers, cookies and the name of the program are those of every request.
GST_START_TEST(who_asks) {
  Refuser server("503 Busy");
  fails("uri=" + server.url() +
            "live.m3u8 retries=1 user-agent=program/1 "
            "extra-headers=\"h,X-Who=me,X-Many=<one,two>\"",
        GST_RESOURCE_ERROR_READ, 20s, [](GstElement* source) {
          const char* cookies[] = {"a=1", "b=2", nullptr};
          g_object_set(source, "cookies", cookies, nullptr);
        });
  fail_unless_equals_int(static_cast<int>(server.heads().size()), 2); // with the one retry
  for (const auto& head : server.heads()) {
    fail_unless(head.starts_with("GET /live.m3u8 "), "%s", head.c_str());
    has(head, "User-Agent: program/1");
    has(head, "X-Who: me");
    fail_unless(head.find("one") != head.npos && head.find("two") != head.npos);
    has(head, "Cookie: a=1; b=2");
  }
}
GST_END_TEST;

// Rule: user and password are told to a server, and to a proxy, that asks for them.
GST_START_TEST(who_is_asked_for) {
  Refuser server("401 Who?\r\nWWW-Authenticate: Basic realm=\"x\"");
  fails("uri=" + server.url() + "live.m3u8 user-id=me user-pw=secret",
        GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fail_unless(server.heads().size() >= 2);
  fail_unless(server.heads()[0].find("Authorization") == std::string::npos);
  has(server.heads()[1], "Authorization: Basic bWU6c2VjcmV0"); // base64 of me:secret

  Refuser proxy("407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"");
  Pipeline pipeline("p2plivesrc uri=http://cdn.invalid/live.m3u8 proxy=" + proxy.url() +
                    " proxy-id=you proxy-pw=secret ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return proxy.heads().size() >= 2; }, 10s));
  fail_unless(proxy.heads()[0].starts_with("GET http://cdn.invalid/live.m3u8 "), "%s",
              proxy.heads()[0].c_str());
  has(proxy.heads()[1], "Proxy-Authorization: Basic eW91OnNlY3JldA==");
}
GST_END_TEST;

// Rule: a server that says nothing is given up after `timeout`, and asked again `retries` times.
GST_START_TEST(patience) {
  test::RawServer silent([](test::RawConnection& connection) { connection.hold(); });
  const auto begun = std::chrono::steady_clock::now();
  fails("uri=" + silent.url() + "live.m3u8 timeout=1 retries=0", GST_RESOURCE_ERROR_READ, 4s);
  fail_unless(std::chrono::steady_clock::now() - begun >= 1s);
  fail_unless_equals_int(static_cast<int>(silent.accepted()), 1);
}
GST_END_TEST;

// Rule: a server whose authority nobody knows is refused, but for authorities that are named, in a
// file or as a database, or where it is not to matter.
GST_START_TEST(whom_to_trust) {
  LiveStream stream;
  processes::TemporaryDirectory directory("p2plive-gst-test");
  test::Authority authority(directory.path());
  fail_unless(authority.sign("server", "IP:127.0.0.1"));
  processes::NginxOptions options;
  options.directory = directory.path();
  options.complete_servers = "server { listen 127.0.0.1:@PORT@ ssl; root " +
                             stream.root().string() + "; ssl_certificate " +
                             authority.file("server.pem") + "; ssl_certificate_key " +
                             authority.file("server.key") + "; }";
  auto nginx = processes::start_nginx(options);
  fail_unless(nginx.has_value(), "%s", nginx ? "" : nginx.error().c_str());
  stream.wait_for_segments(4);
  const auto uri = "uri=https://" + nginx->address() + "/live.m3u8 ";
  const auto plays = [&](const std::string& properties, GTlsDatabase* database) {
    Pipeline pipeline("p2plivesrc name=src " + uri + properties + " ! fakesink");
    auto* source = gst_bin_get_by_name(GST_BIN(pipeline.get()), "src");
    g_object_set(source, "tls-database", database, nullptr);
    gst_object_unref(source);
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 2; }, 10s), "%s: %s",
                properties.c_str(), pipeline.first_error().c_str());
  };
  fails(uri + "retries=0", GST_RESOURCE_ERROR_OPEN_READ);
  plays("ssl-ca-file=" + authority.file("ca.pem"), nullptr);
  plays("ssl-strict=false", nullptr);
  auto* database = g_tls_file_database_new(authority.file("ca.pem").c_str(), nullptr);
  fail_unless(database != nullptr);
  plays("", G_TLS_DATABASE(database));
  g_object_unref(database);
}
GST_END_TEST;

static Suite* http_suite() {
  auto* suite = suite_create("http");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, who_asks);
  tcase_add_test(tests, who_is_asked_for);
  tcase_add_test(tests, patience);
  tcase_add_test(tests, whom_to_trust);
  return suite;
}

GST_CHECK_MAIN(http)
