// Viewers that meet: real encoder, nginx, p2plive-server, mosquitto and data channels.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../net/loop.h"
#include "../net/tls_broker.h"
#include "formats.h"
#include "live_stream.h"
#include "nginx_log.h"
#include "processes/free_port.h"
#include "server.h"
#include "signal_listener.h"
#include "watcher.h"

#include <algorithm>
#include <functional>
#include <sstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Watcher;

namespace {

struct World {
  test::LiveStream stream;
  processes::Service mosquitto;
  std::unique_ptr<test::Server> server;

  explicit World(const std::function<void(test::LiveStream&)>& prepare = [](auto&) {}) {
    prepare(stream);
    start_broker(0);
    server = std::make_unique<test::Server>(mosquitto.port);
    stream.start_encoder(7); // so that there is a window to share in
  }
  void start_broker(std::uint16_t port) {
    processes::ServiceOptions options;
    options.directory = stream.directory().path();
    options.port = port;
    auto started = processes::start_mosquitto(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    mosquitto = std::move(*started);
  }
  ViewerOptions options() const {
    auto options = Watcher::options(stream.uri());
    options.live_delay = 6s;
    options.index_uri = server->index_uri();
    return options;
  }
};

/// Watches with both in turn until `condition` holds.
template <typename Condition>
bool both_until(Watcher& a, Watcher& b, Condition condition,
                std::chrono::milliseconds patience = 30s) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    a.take(5ms);
    b.take(5ms);
  }
  return condition();
}

std::string flaws(const World& world, const Watcher& watcher) {
  return watcher.compare(world.stream, 1, 0, watcher.whole());
}

bool meet(Watcher& a, Watcher& b) {
  return both_until(a, b, [&] {
    return a.viewer().statistics().peers == 1 && b.viewer().statistics().peers == 1;
  });
}

bool exchange(Watcher& a, Watcher& b, std::uint64_t bytes) {
  auto before = a.viewer().statistics().peer_bytes + b.viewer().statistics().peer_bytes;
  return both_until(a, b, [&] {
    return a.viewer().statistics().peer_bytes + b.viewer().statistics().peer_bytes >=
           before + bytes;
  });
}

} // namespace

// Rule: two viewers of a stream find each other, take parts of it from each other, and hand out
// what the encoder wrote; at most three messages at the broker do.
GST_START_TEST(two_viewers_share_a_stream) {
  World world;
  test::Loop loop;
  test::SignalListener listener(loop.context(), world.mosquitto.port);
  fail_unless(loop.run_until([&] { return listener.ready(); }));
  Watcher a(world.options()), b(world.options());
  fail_unless(meet(a, b), "they do not meet");
  fail_unless(exchange(a, b, 500'000), "they exchange nothing");
  auto flaw = flaws(world, a) + flaws(world, b);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  auto figures = a.viewer().statistics(), others = b.viewer().statistics();
  fail_unless(!figures.rid.empty() && figures.rid == others.rid);
  fail_unless(figures.peer_id != others.peer_id);
  fail_unless(both_until(a, b, [&] {
    return a.viewer().statistics().upload_bytes + b.viewer().statistics().upload_bytes > 0;
  }));
  loop.run_for(100ms);
  auto signals = listener.all();
  auto count = test::SignalListener::count(signals);
  fail_unless(count >= 2 && count <= 3 && listener.unknown() == 0, "%s", signals.c_str());
}
GST_END_TEST;

// Rule: so they do with fragmented MP4.
GST_START_TEST(viewers_share_fragmented_mp4) {
  World world(test::fragment);
  Watcher a(world.options()), b(world.options());
  fail_unless(meet(a, b) && exchange(a, b, 500'000));
  auto flaw = flaws(world, a) + flaws(world, b);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  auto init = world.stream.file("init.mp4");
  fail_unless(a.segments().front().init == init && b.segments().front().init == init);
}
GST_END_TEST;

/// Copies the encoder's playlist to changed.m3u8, in which another init section, second.mp4, begins
/// with segment `from`.
static void change_init_section(const test::LiveStream& stream, std::uint64_t from) {
  std::istringstream lines(stream.file("live.m3u8"));
  std::string out, entry;
  bool changed = false;
  for (std::string line; std::getline(lines, line);) {
    entry += line + "\n";
    if (line.starts_with('#'))
      continue;
    if (!changed && std::stoull(line.substr(line.find('-') + 1)) >= from) {
      entry.insert(entry.rfind("#EXTINF"), "#EXT-X-MAP:URI=\"second.mp4\"\n");
      changed = true;
    }
    out += std::exchange(entry, {});
  }
  std::ofstream(stream.directory() / "changed.new") << out;
  std::filesystem::rename(stream.directory() / "changed.new", stream.directory() / "changed.m3u8");
}

// Rule: init sections are shared, too: one that comes while they share is fetched by one of them.
GST_START_TEST(viewers_share_init_sections) {
  World world(test::fragment);
  const auto init = world.stream.file("init.mp4");
  std::ofstream(world.stream.directory() / "second.mp4", std::ios::binary) << init;
  std::uint64_t from = 1'000'000;
  change_init_section(world.stream, from);
  auto options = world.options();
  options.uri = world.stream.nginx().url() + "changed.m3u8";
  Watcher a(options), b(options);
  auto reach = [&](const auto& condition) {
    return both_until(a, b, [&] {
      change_init_section(world.stream, from);
      return condition();
    });
  };
  auto shared = [&] {
    return a.viewer().statistics().peer_bytes + b.viewer().statistics().peer_bytes > 200'000;
  };
  fail_unless(reach(shared), "they exchange nothing");
  from = std::max(a.segments().back().sn, b.segments().back().sn) + 8; // not listed yet
  fail_unless(
      reach([&] { return std::min(a.segments().back().sn, b.segments().back().sn) > from; }),
      "they do not play on");
  auto flaw = flaws(world, a) + flaws(world, b);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  for (const auto* watcher : {&a, &b})
    for (const auto& segment : watcher->segments())
      fail_unless(segment.init ==
                  (segment.sn == from || segment.sn == watcher->segments().front().sn ? init : ""));
  fail_unless_equals_int(test::requests(world.stream.nginx(), "/second.mp4"), 1);
}
GST_END_TEST;

// Rule: so they do with what is encrypted, which they exchange as it is: keys come from the server,
// to each of them, once each, also one that is new while they share.
GST_START_TEST(viewers_share_what_is_encrypted) {
  World world([](test::LiveStream& stream) {
    test::set_key(stream, "first.key", test::first_key);
    test::encrypt(stream);
  });
  Watcher a(world.options()), b(world.options());
  fail_unless(meet(a, b) && exchange(a, b, 500'000));
  test::set_key(world.stream, "second.key", test::second_key);
  auto with = [&](const std::string& key, const test::WatchedSegment& segment) {
    auto plain = test::decrypted(world.stream.segment(1, segment.sn), key, segment.sn);
    return !plain.empty() && segment.bytes == plain;
  };
  auto has_second = [&](const Watcher& watcher) {
    return watcher.whole() > 0 && with(test::second_key, watcher.segments()[watcher.whole() - 1]);
  };
  fail_unless(both_until(a, b, [&] { return has_second(a) && has_second(b); }));
  fail_unless(exchange(a, b, 300'000), "they share no more");
  for (const auto* watcher : {&a, &b})
    for (std::size_t i = 0; i < watcher->whole(); ++i) {
      const auto& segment = watcher->segments()[i];
      fail_unless(with(test::first_key, segment) || with(test::second_key, segment));
    }
  for (const auto* key : {"/first.key", "/second.key"})
    fail_unless_equals_int(test::requests(world.stream.nginx(), key), 2);
}
GST_END_TEST;

// Rule: whom the application trusts with its streams it trusts with the broker; viewers meet there
// over TLS.
GST_START_TEST(a_broker_with_tls) {
  World world;
  const auto& directory = world.stream.directory().path();
  test::Authority authority(directory);
  const auto port = processes::free_port();
  auto broker = test::start_tls_broker(authority, directory, "DNS:localhost", port);
  fail_unless(broker.has_value(), "%s", broker ? "" : broker.error().c_str());
  test::Server server("tls://localhost:" + std::to_string(port));
  auto options = world.options();
  options.index_uri = server.index_uri();
  options.http.ca_file = authority.file("ca.pem");
  Watcher a(options), b(options);
  fail_unless(meet(a, b) && exchange(a, b, 500'000));
}
GST_END_TEST;

// Rule: what is traced says who sent it: the CDN, or the other viewer by its id.
GST_START_TEST(traces_tell_who_sent_what) {
  World world;
  auto options = world.options();
  options.trace = true;
  Watcher a(options), b(options);
  auto traced = [](const Watcher& watcher, Watcher& other) {
    return watcher.origins().contains(other.viewer().statistics().peer_id);
  };
  fail_unless(both_until(a, b, [&] { return traced(a, b) || traced(b, a); }));
  for (auto* watcher : {&a, &b})
    for (const auto& [from, bytes] : watcher->origins())
      fail_unless(from.empty() || from == (watcher == &a ? b : a).viewer().statistics().peer_id,
                  "%s", from.c_str());
}
GST_END_TEST;

// Rule: a viewer that closes says so, and the other goes on without a flaw. Who watches is told of
// both.
GST_START_TEST(one_leaves_and_the_other_plays_on) {
  World world;
  Watcher a(world.options());
  std::string other;
  {
    Watcher b(world.options());
    fail_unless(meet(a, b));
    other = b.viewer().statistics().peer_id;
    fail_unless(a.until([&] { return a.added() == std::vector{other}; }));
    fail_unless(a.removed().empty());
    fail_unless(exchange(a, b, 100'000));
  }
  fail_unless(a.until([&] { return a.viewer().statistics().peers == 0; }, 3s), "it was not told");
  fail_unless(a.until([&] { return a.removed() == std::vector{other}; }, 3s));
  fail_unless_equals_int(a.added().size(), 1);
  auto whole = a.whole();
  fail_unless(a.until([&] { return a.whole() >= whole + 4; }));
  auto flaw = flaws(world, a);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}
GST_END_TEST;

// Rule: when the broker and the server die, those who have met share on; when they are back, new
// viewers join.
GST_START_TEST(dead_services_are_not_noticed) {
  World world;
  auto b = std::make_unique<Watcher>(world.options());
  Watcher a(world.options());
  fail_unless(meet(a, *b));
  auto broker_port = world.mosquitto.port, server_port = world.server->port();
  world.mosquitto.process.kill();
  world.server->kill();
  fail_unless(exchange(a, *b, 300'000), "they exchange nothing any more");
  b.reset();
  world.start_broker(broker_port);
  Watcher late(world.options()); // finds no server yet
  fail_unless(both_until(a, late, [&] { return late.whole() >= 1; }));
  world.server->start(server_port);
  fail_unless(both_until(
                  a, late, [&] { return late.viewer().statistics().peers == 1; }, 60s),
              "the late one does not join");
  auto flaw = flaws(world, a) + flaws(world, late);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}
GST_END_TEST;

static Suite* meeting_suite() {
  auto* suite = suite_create("meeting");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 180);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_viewers_share_a_stream);
  tcase_add_test(tcase, viewers_share_fragmented_mp4);
  tcase_add_test(tcase, viewers_share_init_sections);
  tcase_add_test(tcase, viewers_share_what_is_encrypted);
  tcase_add_test(tcase, a_broker_with_tls);
  tcase_add_test(tcase, traces_tell_who_sent_what);
  tcase_add_test(tcase, one_leaves_and_the_other_plays_on);
  tcase_add_test(tcase, dead_services_are_not_noticed);
  return suite;
}

GST_CHECK_MAIN(meeting)
