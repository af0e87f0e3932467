// HttpClient against what no real server would do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_client.h"

#include <functional>
#include <string>
#include <vector>

#include "processes/free_port.h"

#include "http_record.h"
#include "loop.h"
#include "raw_server.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using Kind = net::HttpError::Kind;
using test::HttpRecord;
using test::RawConnection;

namespace {

struct Client {
  test::Loop loop;
  net::HttpClient http{loop.context(), {}};

  void finish(HttpRecord& record, net::HttpRequest request) {
    record.start(http, std::move(request));
    fail_unless(loop.run_until([&] { return record.over(); }), "no end of the transfer");
    fail_unless_equals_int(record.out_of_order, 0);
  }
  /// What comes of an answer that is `bytes`, after which the connection is closed.
  void answer(HttpRecord& record, const std::string& bytes,
              std::optional<net::ByteRange> range = {}) {
    test::RawServer server([&](RawConnection& connection) {
      connection.read_head();
      connection.write(bytes);
    });
    finish(record, {.uri = server.url(), .range = range, .timeout = 2s});
  }
};

std::string partial(const std::string& content_range, const std::string& more = {}) {
  return "HTTP/1.1 206 Partial Content\r\nContent-Range: " + content_range +
         "\r\nConnection: close\r\n" + more + "\r\n" + std::string(100, 'x');
}

std::string describe(const HttpRecord& record) {
  return record.error ? std::to_string(int(record.error->kind)) + " " + record.error->detail
                      : "no error, " + std::to_string(record.body.size()) + " bytes";
}

} // namespace

// Rule: a body that ends early is told as truncated, however its end was announced. (Not where a
// chunked one ends exactly between two chunks: libsoup 3.2 takes that for its end.)
GST_START_TEST(truncated_bodies) {
  Client client;
  HttpRecord counted, chunked, ranged;
  client.answer(counted, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(999, 'x'));
  fail_unless(counted.failed_as(Kind::truncated), "%s", describe(counted).c_str());
  fail_unless_equals_int(counted.body.size(), 999);
  client.answer(chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello");
  fail_unless(chunked.failed_as(Kind::truncated), "%s", describe(chunked).c_str());
  client.answer(ranged, partial("bytes 0-100/1000"), net::ByteRange{0, 100}); // without a length
  fail_unless(ranged.failed_as(Kind::truncated), "%s", describe(ranged).c_str());
}
GST_END_TEST;

// Rule: a compressed body is truncated where its compressed form is, also between two chunks; and
// what is no gzip is no body.
GST_START_TEST(broken_compression) {
  Client client;
  // "hello" with gzip --no-name.
  const std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\5"
                         "\0\0\0",
                         25);
  auto told = [&](const std::string& body, bool chunked) {
    auto length = std::to_string(body.size());
    char hex[16];
    g_snprintf(hex, sizeof hex, "%zx", body.size());
    HttpRecord record;
    client.answer(record, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" +
                              (chunked ? "Transfer-Encoding: chunked\r\n\r\n" + std::string(hex) +
                                             "\r\n" + body + "\r\n"
                                       : "Content-Length: " + length + "\r\n\r\n" + body));
    fail_if(record.head->size, "the size of the compressed form is not the resource's");
    return record;
  };
  for (bool chunked : {false, true})
    for (std::size_t size = 1; size < gzip.size(); ++size) {
      auto cut = told(gzip.substr(0, size), chunked);
      fail_unless(cut.failed_as(Kind::truncated), "%zu: %s", size, describe(cut).c_str());
    }
  auto whole = told(gzip, false), twice = told(gzip + gzip, false);
  fail_unless(whole.done && whole.body == "hello", "%s", describe(whole).c_str());
  fail_unless(twice.done && twice.body == "hellohello", "%s", describe(twice).c_str());
  fail_unless(told("hello", false).failed_as(Kind::reset));
  fail_unless(told(gzip + "hello", false).failed_as(Kind::reset));
  fail_unless(told(gzip.substr(0, 17) + "xxxxxxxx", false).failed_as(Kind::reset));
}
GST_END_TEST;

// Rule: a connection that breaks is told as reset, before the head and in the body.
GST_START_TEST(resets) {
  Client client;
  for (const std::string& before :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx")}) {
    std::atomic<bool> seen = false;
    test::RawServer server([&](RawConnection& connection) {
      connection.read_head();
      connection.write(before);
      while (!before.empty() && !seen)
        std::this_thread::yield();
      connection.reset_at_close();
    });
    HttpRecord record;
    auto events = record.events();
    events.data = [&, data = events.data](auto bytes) {
      data(bytes);
      seen = true;
    };
    auto transfer = client.http.start({.uri = server.url(), .timeout = 3s}, events);
    fail_unless(client.loop.run_until([&] { return record.over(); }));
    fail_unless(record.failed_as(Kind::reset), "%s", describe(record).c_str());
    fail_unless_equals_int(bool(record.head), !before.empty());
  }
}
GST_END_TEST;

// Rule: what is no answer in HTTP at all is an error, and so is a connection closed without one.
GST_START_TEST(no_http) {
  Client client;
  for (const std::string& bytes :
       {std::string(), std::string("\0\1\2\3\r\n\r\n", 8), std::string("220 smtp ready\r\n\r\n"),
        std::string("HTTP/1.1 99999 \r\n\r\n"), std::string(50'000, 'A')}) {
    HttpRecord record;
    client.answer(record, bytes);
    fail_unless(record.failed_as(Kind::reset), "%s: %s", bytes.substr(0, 20).c_str(),
                describe(record).c_str());
    fail_if(record.head);
  }
}
GST_END_TEST;

// Rule: a transfer without progress ends at its own time limit, wherever it stalls; one with
// progress may take longer than that.
GST_START_TEST(stalls) {
  Client client;
  const std::vector<std::string> beginnings = {
      "", "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxxx",
      "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\nxxx"};
  for (auto& beginning : beginnings) {
    test::RawServer server([&](RawConnection& connection) {
      connection.read_head();
      connection.write(beginning);
      connection.hold();
    });
    HttpRecord record;
    const auto begin = std::chrono::steady_clock::now();
    client.loop.watch_gaps();
    client.finish(record, {.uri = server.url(), .timeout = 200ms});
    const auto took = std::chrono::steady_clock::now() - begin;
    fail_unless(record.failed_as(Kind::timed_out), "%s", describe(record).c_str());
    fail_unless(took >= 200ms && took < 2s);
    const auto gap = client.loop.worst_gap();
    fail_unless(gap <= 100ms, "the loop stood still for %d ms", int(gap.count()));
  }
}
GST_END_TEST;

GST_START_TEST(slow_but_steady) {
  Client client;
  test::RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (unsigned i = 0; i < 8; ++i) {
      std::this_thread::sleep_for(150ms); // the rate is what is tested
      connection.write("x");
    }
  });
  HttpRecord record;
  client.finish(record, {.uri = server.url(), .timeout = 1s});
  fail_unless(record.done, "%s", describe(record).c_str());
  fail_unless_equals_int(record.body.size(), 8);
}
GST_END_TEST;

// Rule: headers without end are an error with bounded memory, and not progress.
GST_START_TEST(endless_headers) {
  Client client;
  std::atomic<std::size_t> sent = 0;
  test::RawServer server([&](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\n");
    const auto line = "X-More: " + std::string(1000, 'x') + "\r\n";
    while (sent < 100'000'000 && connection.write(line))
      sent += line.size();
  });
  HttpRecord record;
  client.finish(record, {.uri = server.url(), .timeout = 1s});
  fail_unless(record.failed_as(Kind::reset) || record.failed_as(Kind::timed_out), "%s",
              describe(record).c_str());
  fail_if(record.head);
  fail_unless(sent < 20'000'000, "%zu bytes of headers were taken", sent.load());
}
GST_END_TEST;

// Rule: a 206 must be one part, lie within what was asked for, and agree with itself.
GST_START_TEST(absurd_ranges) {
  Client client;
  const net::ByteRange asked{100, 199};
  const std::vector<std::string> answers = {
      partial("bytes 0-99/1000"),    // before what was asked for
      partial("bytes 150-249/1000"), // beyond it
      partial("bytes 100-199/150"),  // beyond the size
      partial("bytes 199-100/1000"),
      partial("bytes 100-199/99999999999999999999999"),
      partial("bytes 100-18446744073709551615/*"),
      partial("bytes */1000"),
      partial("rubbish"),
      partial("bytes 100-199/1000", "Content-Length: 50\r\n"),
      partial("bytes 100-199/1000", "Content-Encoding: gzip\r\n"),
      partial("bytes 100-149/1000"), // the body is longer than the head told
      "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n\r\nxxx",
      "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=B\r\n"
      "Connection: close\r\n\r\n--B\r\nContent-Range: bytes 100-199/1000\r\n\r\nxxx\r\n--B--\r\n",
  };
  for (auto& bytes : answers) {
    HttpRecord record;
    client.answer(record, bytes, asked);
    fail_unless(record.failed_as(Kind::reset), "%s: %s", bytes.substr(0, 90).c_str(),
                describe(record).c_str());
  }
  HttpRecord unasked, fine, open, huge;
  client.answer(unasked, partial("bytes 100-199/1000"));
  fail_unless(unasked.failed_as(Kind::reset));
  client.answer(fine, partial("bytes 100-199/1000"), asked);
  fail_unless(fine.done && fine.head->size == 1000u);
  client.answer(open, partial("bytes 100-199/*"), asked);
  fail_unless(open.done && !open.head->size);
  client.answer(huge, "HTTP/1.1 416 No\r\nContent-Range: bytes */99999999999999999999\r\n"
                      "Content-Length: 0\r\n\r\n");
  fail_unless(huge.done && huge.head->status == 416 && !huge.head->size);
}
GST_END_TEST;

// Rule: absurd times are bounded, a date in Retry-After is understood, rubbish is none.
GST_START_TEST(absurd_times) {
  Client client;
  auto told = [&](const std::string& value) {
    HttpRecord record;
    client.answer(record, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + value +
                              "\r\nAge: " + value + "\r\n\r\n");
    fail_unless(record.done, "%s", describe(record).c_str());
    return std::pair(record.head->retry_after, record.head->age);
  };
  fail_unless(told("12") == std::pair(std::optional(12s), std::optional(12s)));
  const auto day = std::optional<std::chrono::seconds>(24h);
  fail_unless(told("99999999999999999999999999") == std::pair(day, day));
  fail_unless(told("Fri, 31 Dec 2100 23:59:59 GMT").first == day);
  fail_unless(told("Fri, 31 Dec 1999 23:59:59 GMT").first == std::optional(0s));
  for (auto* rubbish : {"-1", "soon", "1.5", "1 2", "0x10"})
    fail_unless(told(rubbish) == std::pair(std::optional<std::chrono::seconds>(),
                                           std::optional<std::chrono::seconds>()),
                "%s", rubbish);
}
GST_END_TEST;

// Rule: a name that is none, a port where nobody listens, and a server without TLS are told apart.
GST_START_TEST(where_it_failed) {
  Client client;
  test::RawServer plain([](RawConnection& connection) {
    connection.read();
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  HttpRecord name, port, tls;
  client.finish(name, {.uri = "http://no.such.host.invalid/"});
  fail_unless(name.failed_as(Kind::resolve), "%s", describe(name).c_str());
  client.finish(port, {.uri = "http://127.0.0.1:" + std::to_string(processes::free_port()) + "/"});
  fail_unless(port.failed_as(Kind::connect), "%s", describe(port).c_str());
  client.finish(tls, {.uri = "https://127.0.0.1:" + std::to_string(plain.port()) + "/"});
  fail_unless(tls.failed_as(Kind::tls), "%s", describe(tls).c_str());
}
GST_END_TEST;

// Rule: a transfer that is given up in the middle closes its connection at once, without reading
// on, and without blocking; nothing is told after that.
GST_START_TEST(giving_up) {
  Client client;
  enum class How { handle, handle_in_event, client, client_in_event };
  for (auto how : {How::handle, How::handle_in_event, How::client, How::client_in_event}) {
    std::atomic<bool> closed = false;
    test::RawServer server([&](RawConnection& connection) {
      connection.read_head();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" +
                       std::string(200'000, 'x'));
      closed = connection.hold();
    });
    auto http =
        std::make_unique<net::HttpClient>(client.loop.context(), net::HttpClient::Options{});
    std::unique_ptr<net::HttpTransfer> transfer;
    bool begun = false, gone = false;
    int after = 0;
    auto give_up = [&] {
      gone = true;
      if (how == How::handle || how == How::handle_in_event)
        transfer = nullptr;
      else
        http = nullptr;
    };
    net::HttpEvents events;
    events.head = [&](auto&) { after += gone; };
    events.data = [&](auto) {
      after += gone;
      if (how == How::handle_in_event || how == How::client_in_event)
        give_up();
      begun = true;
    };
    events.done = [&] { ++after; };
    events.failed = [&](auto&) { ++after; };
    client.loop.watch_gaps();
    transfer = http->start({.uri = server.url()}, events);
    fail_unless(client.loop.run_until([&] { return begun; }));
    if (!gone)
      give_up();
    fail_unless(client.loop.run_until([&] { return closed.load(); }), "how %d", int(how));
    fail_unless_equals_int(after, 0);
    const auto gap = client.loop.worst_gap();
    fail_unless(gap <= 100ms, "the loop stood still for %d ms", int(gap.count()));
  }
}
GST_END_TEST;

// Rule: what the events hold is let go when the transfer is over or given up, not when the handle
// goes, so that an owner may hold its transfers and be held by their events.
GST_START_TEST(events_are_let_go) {
  Client client;
  test::RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  auto held = std::make_shared<int>();
  bool done = false;
  auto finished =
      client.http.start({.uri = server.url()}, {.done = [&done, held] { done = true; }});
  auto cancelled = client.http.start({.uri = server.url()}, {.done = [held] {}});
  fail_unless_equals_int(held.use_count(), 3);
  cancelled = nullptr;
  fail_unless_equals_int(held.use_count(), 2);
  fail_unless(client.loop.run_until([&] { return done; }));
  fail_unless_equals_int(held.use_count(), 1);
}
GST_END_TEST;

// Rule: a kept connection that the server has closed meanwhile is not an error.
GST_START_TEST(a_kept_connection_may_die) {
  Client client;
  test::RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); // promises to keep it
  });
  for (unsigned i = 1; i <= 3; ++i) {
    HttpRecord record;
    client.finish(record, {.uri = server.url()});
    fail_unless(record.done, "%s", describe(record).c_str());
    fail_unless_equals_int(server.accepted(), i);
  }
}
GST_END_TEST;

static Suite* http_faults_suite() {
  auto* suite = suite_create("http_faults");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, truncated_bodies);
  tcase_add_test(tcase, broken_compression);
  tcase_add_test(tcase, resets);
  tcase_add_test(tcase, no_http);
  tcase_add_test(tcase, stalls);
  tcase_add_test(tcase, slow_but_steady);
  tcase_add_test(tcase, endless_headers);
  tcase_add_test(tcase, absurd_ranges);
  tcase_add_test(tcase, absurd_times);
  tcase_add_test(tcase, where_it_failed);
  tcase_add_test(tcase, giving_up);
  tcase_add_test(tcase, events_are_let_go);
  tcase_add_test(tcase, a_kept_connection_may_die);
  return suite;
}

GST_CHECK_MAIN(http_faults)
