// A whole viewer without others, against a real encoder and a real nginx.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/viewer.h"

#include <gio/gio.h>

#include <cstdlib>
#include <functional>
#include <mutex>

#include "../net/raw_server.h"
#include "live_stream.h"
#include "processes/free_port.h"
#include "token_server.h"
#include "watcher.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::LiveStream;
using test::Watcher;

namespace {

/// Watches `count` whole segments, and compares them.
void plays(LiveStream& stream, const ViewerOptions& options, std::size_t count) {
  Watcher watcher(options);
  const bool whole = watcher.until([&] { return watcher.whole() >= count; });
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(whole, "%zu segments only: %s", watcher.whole(), error ? error->message.c_str() : "");
  auto flaw = watcher.compare(stream, stream.epoch(), 0, count);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}

void fails_with(const std::string& uri, Error::Kind kind) {
  Watcher watcher(Watcher::options(uri));
  watcher.until([] { return false; });
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(error != nullptr, "no error came");
  fail_unless_equals_int(int(error->kind), int(kind));
  fail_if(error->message.empty());
  watcher.take(0ms);
  fail_unless(std::holds_alternative<EndOfStream>(watcher.last()));
}

/// Accepts connections and never says a word.
struct SilentServer {
  GSocketListener* listener = g_socket_listener_new();
  guint16 port = 0;
  SilentServer() {
    auto* loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    auto* address = g_inet_socket_address_new(loopback, 0);
    GSocketAddress* effective = nullptr;
    fail_unless(g_socket_listener_add_address(listener, address, G_SOCKET_TYPE_STREAM,
                                              G_SOCKET_PROTOCOL_TCP, nullptr, &effective, nullptr));
    port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
    g_object_unref(effective);
    g_object_unref(address);
    g_object_unref(loopback);
  }
  ~SilentServer() { g_object_unref(listener); }
};

/// How long closing takes.
std::chrono::nanoseconds close(Watcher& watcher) {
  auto begin = std::chrono::steady_clock::now();
  watcher.close();
  return std::chrono::steady_clock::now() - begin;
}

} // namespace

// Rule: what comes out is what the encoder wrote, segment by segment, with each segment's time.
GST_START_TEST(a_live_stream_comes_out_byte_for_byte) {
  LiveStream stream;
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  constexpr std::size_t count = 5;
  fail_unless(watcher.until([&] { return watcher.whole() >= count; }));
  auto flaw = watcher.compare(stream, 1, 0, count);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& segment = watcher.segments()[i];
    fail_unless(segment.timestamp.has_value() && segment.dated);
    fail_unless_equals_int(segment.discontinuity, i == 0);
    fail_unless(segment.duration > 900ms && segment.duration < 1100ms);
    if (i > 0) {
      auto step = *segment.timestamp - *watcher.segments()[i - 1].timestamp;
      fail_unless(step > 900ms && step < 1100ms);
    }
  }
  auto counted = [&] { return watcher.viewer().statistics().cdn_requests >= count; };
  fail_unless(watcher.until(counted));
  auto figures = watcher.viewer().statistics();
  fail_unless(figures.cdn_bytes >= watcher.segments()[0].bytes.size() * count);
  fail_unless_equals_uint64(figures.peer_bytes, 0);
  fail_unless(figures.startup_time > 0s && figures.startup_time < 5s);
  fail_unless_equals_int(figures.peer_id.size(), 32);
  fail_unless(figures.rid.empty() && figures.overhead_bytes > 0);
}
GST_END_TEST;

// Rule: a server that ignores ranges is played all the same.
GST_START_TEST(a_server_without_ranges_is_played) {
  LiveStream stream("max_ranges 0;");
  stream.start_encoder();
  plays(stream, Watcher::options(stream.uri()), 4);
}
GST_END_TEST;

// Rule: a dead index is not noticed.
GST_START_TEST(a_dead_index_is_not_noticed) {
  LiveStream stream;
  stream.start_encoder();
  auto options = Watcher::options(stream.uri());
  options.index_uri = "http://127.0.0.1:" + std::to_string(processes::free_port()) + "/";
  plays(stream, options, 4);
  SilentServer silent;
  options.index_uri = "http://127.0.0.1:" + std::to_string(silent.port) + "/";
  plays(stream, options, 4);
}
GST_END_TEST;

// Rule: the stream's servers are told what the application wants told; the services, another party,
// only the program's name.
GST_START_TEST(services_do_not_see_who_watches) {
  std::mutex lock;
  std::vector<std::string> stream_heads, service_heads;
  auto refuse = [&lock](std::vector<std::string>& heads) {
    return [&lock, &heads](test::RawConnection& connection) {
      auto head = connection.read_head();
      connection.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      std::lock_guard guard(lock);
      heads.push_back(std::move(head));
    };
  };
  test::RawServer stream(refuse(stream_heads)), services(refuse(service_heads));
  auto options = Watcher::options(stream.url() + "live.m3u8");
  options.index_uri = services.url();
  options.user_agent = "program/1";
  options.http.headers = {{"X-Who", "me"}, {"Authorization", "Bearer x"}};
  options.http.cookies = {"token=1"};
  Watcher watcher(options);
  auto heads = [&](const std::vector<std::string>& of) {
    std::lock_guard guard(lock);
    return of;
  };
  fail_unless(
      watcher.until([&] { return !heads(stream_heads).empty() && !heads(service_heads).empty(); }));
  const auto to_stream = heads(stream_heads).front(), to_services = heads(service_heads).front();
  for (auto* line : {"X-Who: me", "Authorization: Bearer x", "Cookie: token=1", "program/1"})
    fail_unless(to_stream.find(line) != std::string::npos, "%s", to_stream.c_str());
  fail_unless(to_services.find("program/1") != std::string::npos);
  for (auto* name : {"X-Who", "Authorization", "Cookie"})
    fail_unless(to_services.find(name) == std::string::npos, "%s", to_services.c_str());
}
GST_END_TEST;

// Rule: what is no stream is one clear error, and then the end.
GST_START_TEST(what_is_no_stream_is_an_error) {
  LiveStream stream;
  std::ofstream(stream.directory() / "page.m3u8") << "<html><body>Log in</body></html>";
  fails_with(stream.nginx().url() + "missing.m3u8", Error::Kind::not_found);
  fails_with(stream.nginx().url() + "page.m3u8", Error::Kind::format);
}
GST_END_TEST;

// Rule: URLs that expire while the stream plays are renewed, each time with one load of the master
// playlist, and nobody notices: neither when the media playlist is refused, nor when segments are.
static void plays_on_with_fresh_urls(test::TokenServer::Signed what) {
  LiveStream stream;
  stream.start_encoder();
  test::TokenServer server(stream.directory().path(), what);
  Watcher watcher(Watcher::options(server.uri()));
  for (std::size_t count : {3, 10, 17}) {
    const bool whole = watcher.until([&] { return watcher.whole() >= count; });
    auto* error = std::get_if<Error>(&watcher.last());
    fail_unless(whole, "%zu of %zu: %s", watcher.whole(), count,
                error ? error->message.c_str() : "");
    if (count < 17)
      server.expire();
  }
  auto flaw = watcher.compare(stream, 1, 0, 17);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  for (std::size_t i = 1; i < 17; ++i)
    fail_if(watcher.segments()[i].discontinuity);
  fail_unless(server.refusals() > 0);
  fail_unless_equals_int(server.masters(), 3);
  auto starved = watcher.viewer().statistics().starved_time;
  fail_unless(starved < 300ms, "starved for %g s", std::chrono::duration<double>(starved).count());
}

GST_START_TEST(expired_playlists_are_renewed) {
  plays_on_with_fresh_urls(test::TokenServer::Signed::everything);
}
GST_END_TEST;

GST_START_TEST(expired_segments_are_renewed) {
  plays_on_with_fresh_urls(test::TokenServer::Signed::segments);
}
GST_END_TEST;

/// Plays from the first of two hosts until `trouble` comes.
static void plays_on_from_the_other_host(const std::function<void(LiveStream&)>& trouble) {
  LiveStream stream("location ^~ /run { if (-f $document_root/down) { return 503; } }");
  processes::NginxOptions options;
  options.directory = stream.directory().path();
  options.root = stream.directory().path();
  options.name = "other";
  auto other = processes::start_nginx(options);
  fail_unless(other.has_value(), "%s", other ? "" : other.error().c_str());
  stream.start_encoder(6);
  const std::string variant = "#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x180\n";
  std::ofstream(stream.directory() / "master.m3u8")
      << "#EXTM3U\n" + variant + stream.uri() + "\n" + variant + other->url() + "live.m3u8\n";
  auto watched = Watcher::options(other->url() + "master.m3u8");
  watched.live_delay = 6s;
  Watcher watcher(watched);
  fail_unless(watcher.until([&] { return watcher.whole() >= 2; }));
  std::ifstream log(other->directory / "access.log");
  const std::string before(std::istreambuf_iterator<char>(log), {});
  fail_unless(before.find("/live.m3u8") == before.npos, "it does not play from the first");
  trouble(stream);
  fail_unless(watcher.until([&] { return watcher.whole() >= 14; }, 30s), "%zu segments only",
              watcher.whole());
  auto flaw = watcher.compare(stream, 1, 0, 14);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  for (std::size_t i = 1; i < 14; ++i)
    fail_if(watcher.segments()[i].discontinuity, "a break before segment %zu", i);
}

// Rule: when the host that a variant is played from is gone, the stream goes on from the other one
// that the master playlist names, without a break and without a byte missing.
GST_START_TEST(a_dead_host_is_not_noticed) {
  plays_on_from_the_other_host([](LiveStream& stream) { stream.nginx().process.kill(); });
}
GST_END_TEST;

// Rule: so it is when the host gives playlists as before, but no segments.
GST_START_TEST(a_host_without_segments_is_not_noticed) {
  plays_on_from_the_other_host(
      [](LiveStream& stream) { std::ofstream(stream.directory() / "down") << "for maintenance"; });
}
GST_END_TEST;

// Rule: an encoder that was restarted, and counts from zero again, is a discontinuity; bytes of the
// two runs are never mixed in a segment.
GST_START_TEST(a_restarted_encoder_is_a_discontinuity) {
  LiveStream stream;
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  fail_unless(watcher.until([&] { return watcher.whole() >= 6; }, 30s));
  stream.stop_encoder();
  stream.start_encoder();
  std::size_t broken = 0;
  auto found = [&] {
    for (broken = 1; broken < watcher.segments().size(); ++broken)
      if (watcher.segments()[broken].discontinuity)
        return watcher.whole() >= broken + 3;
    return false;
  };
  fail_unless(watcher.until(found, 40s), "no discontinuity, or nothing after it");
  auto flaw = watcher.compare(stream, 1, 0, broken - 1);
  fail_unless(flaw.empty(), "before: %s", flaw.c_str());
  flaw = watcher.compare(stream, 2, broken, broken + 3);
  fail_unless(flaw.empty(), "after: %s", flaw.c_str());
}
GST_END_TEST;

// Rule: closing takes two seconds at most, whatever the servers do.
GST_START_TEST(closing_does_not_wait_for_servers) {
  SilentServer silent;
  auto hung = "http://127.0.0.1:" + std::to_string(silent.port) + "/";
  auto options = Watcher::options(hung + "live.m3u8");
  options.index_uri = hung;
  Watcher nothing(options);
  nothing.take(100ms);
  fail_unless(close(nothing) < 2s);

  LiveStream stream;
  stream.start_encoder();
  Watcher playing(Watcher::options(stream.uri()));
  fail_unless(playing.until([&] { return playing.whole() >= 1; }));
  stream.nginx().process.send_signal(SIGSTOP);
  playing.take(500ms);
  fail_unless(close(playing) < 2s);
  stream.nginx().process.send_signal(SIGCONT);
}
GST_END_TEST;

// Rule: viewers may come and go at any moment, several at a time.
GST_START_TEST(viewers_come_and_go) {
  LiveStream stream;
  stream.start_encoder();
  // Closed before, while and after it looks for others.
  auto meeting = Watcher::options(stream.uri());
  meeting.index_uri = "http://127.0.0.1:" + std::to_string(processes::free_port()) + "/";
  for (int i = 0; i < 20; ++i) {
    Watcher one(meeting), other(Watcher::options(stream.uri()));
    one.take(std::chrono::milliseconds(7 * i));
  }
  plays(stream, Watcher::options(stream.uri()), 2);
}
GST_END_TEST;

static Suite* viewer_suite() {
  auto* suite = suite_create("viewer");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_live_stream_comes_out_byte_for_byte);
  tcase_add_test(tcase, a_server_without_ranges_is_played);
  tcase_add_test(tcase, a_dead_index_is_not_noticed);
  tcase_add_test(tcase, services_do_not_see_who_watches);
  tcase_add_test(tcase, what_is_no_stream_is_an_error);
  tcase_add_test(tcase, expired_playlists_are_renewed);
  tcase_add_test(tcase, expired_segments_are_renewed);
  tcase_add_test(tcase, a_dead_host_is_not_noticed);
  tcase_add_test(tcase, a_host_without_segments_is_not_noticed);
  tcase_add_test(tcase, a_restarted_encoder_is_a_discontinuity);
  tcase_add_test(tcase, closing_does_not_wait_for_servers);
  tcase_add_test(tcase, viewers_come_and_go);
  return suite;
}

GST_CHECK_MAIN(viewer)
