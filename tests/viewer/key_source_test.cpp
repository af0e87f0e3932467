// KeySource against a real nginx, and against a server that does what none should.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/key_source.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "../net/loop.h"
#include "../net/raw_server.h"
#include "nginx_log.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

const std::string first_key = "0123456789abcdef";

std::string as_text(const std::optional<viewer::Bytes128>& key) {
  return key ? std::string(key->begin(), key->end()) : "";
}

/// A KeySource on a loop of its own.
struct World {
  test::Loop loop;
  net::HttpClient client{loop.context(), {}};
  unsigned arrived = 0, refused = 0;
  viewer::KeySource keys;

  explicit World(std::chrono::milliseconds timeout = 5s)
      : keys(loop.context(), client, timeout,
             {.arrived = [this] { ++arrived; }, .refused = [this] { ++refused; }}) {}

  bool comes(const std::string& uri) {
    return loop.run_until([&] { return keys.find(uri).has_value(); });
  }
  bool has_failed(const std::string& uri) const {
    return keys.failure(uri).detail != "no answer yet";
  }
  /// The first time.
  bool fails(const std::string& uri) {
    return loop.run_until([&] { return has_failed(uri); });
  }
  std::string said(const std::string& uri) const {
    const auto failure = keys.failure(uri);
    return failure.message + " (" + failure.detail + ")";
  }
};

/// Files behind a real nginx.
struct Files {
  processes::TemporaryDirectory directory{"p2plive-key-test"};
  processes::Service nginx;

  explicit Files(const std::string& locations = {}) {
    processes::NginxOptions options;
    options.directory = directory.path();
    options.root = directory.path();
    options.locations = locations;
    auto started = processes::start_nginx(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    nginx = std::move(*started);
  }

  /// The address of a key that holds these bytes.
  std::string write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory / (name + ".new"), std::ios::binary) << bytes;
    std::filesystem::rename(directory / (name + ".new"), directory / name);
    return nginx.url() + name;
  }
  int requests(const std::string& name) const { return test::requests(nginx, "/" + name); }
};

} // namespace

// Rule: a key is loaded once, however often it is wanted, and kept; nothing is said of it before.
GST_START_TEST(a_key_is_loaded_once) {
  Files files;
  World world;
  const auto uri = files.write("a.key", first_key);
  fail_if(world.keys.find(uri).has_value());
  for (int i = 0; i < 5; ++i)
    world.keys.want(uri);
  fail_unless(world.comes(uri));
  fail_unless(as_text(world.keys.find(uri)) == first_key);
  fail_unless_equals_int(world.arrived, 1);
  // Another one proves that nothing else was asked for before it.
  files.write("a.key", "another key here");
  world.keys.want(uri);
  const auto next = files.write("b.key", first_key);
  world.keys.want(next);
  fail_unless(world.comes(next));
  fail_unless_equals_int(files.requests("a.key"), 1);
  fail_unless(as_text(world.keys.find(uri)) == first_key);
}
GST_END_TEST;

// Rule: keys rotate: each has its own bytes, of those known the last ones wanted are kept, and one
// that was forgotten is loaded again.
GST_START_TEST(keys_rotate) {
  Files files;
  World world;
  constexpr auto most = viewer::KeySource::most_keys;
  std::vector<std::string> uris;
  auto bytes = [](std::size_t i) { return first_key.substr(0, 13) + std::to_string(100 + i); };
  for (std::size_t i = 0; i <= most; ++i) {
    uris.push_back(files.write(std::to_string(i) + ".key", bytes(i)));
    world.keys.want(uris.back());
    fail_unless(world.comes(uris.back()));
    fail_unless(as_text(world.keys.find(uris.back())) == bytes(i));
    world.keys.want(uris.front()); // which makes it one of the last
  }
  fail_unless(world.keys.find(uris[0]).has_value());
  fail_if(world.keys.find(uris[1]).has_value());
  for (std::size_t i = 2; i <= most; ++i)
    fail_unless(as_text(world.keys.find(uris[i])) == bytes(i), "key %zu", i);
  world.keys.want(uris[1]);
  fail_unless(world.comes(uris[1]));
  fail_if(world.keys.find(uris[2]).has_value());
}
GST_END_TEST;

// Rule: what is no key is an error in clear words, is never given as one, and is asked for again
// until it is one.
GST_START_TEST(what_is_no_key_is_an_error) {
  Files files("location = /secret.key { return 403; }\n"
              "location = /login.key { return 401; }\n"
              "location = /busy.key { return 503; }\n");
  struct Case {
    const char* name;
    std::string bytes;
    Error::Kind kind;
    const char* said;
  };
  const Case cases[] = {
      {"gone.key", "", Error::Kind::read, "HTTP status 404"},
      {"secret.key", "", Error::Kind::not_authorized, "HTTP status 403"},
      {"login.key", "", Error::Kind::not_authorized, "HTTP status 401"},
      {"busy.key", "", Error::Kind::read, "HTTP status 503"},
      {"short.key", first_key.substr(1), Error::Kind::format, "15 bytes instead of 16"},
      {"empty.key", "", Error::Kind::format, "0 bytes instead of 16"},
      {"long.key", first_key + "0", Error::Kind::format, "17 bytes instead of 16"},
      {"hex.key", first_key + first_key, Error::Kind::format, "32 bytes instead of 16"},
      {"huge.key", std::string(1 << 20, '0'), Error::Kind::read, ""},
  };
  World world;
  for (const auto& one : cases) {
    const std::string name = one.name;
    const bool exists = !one.bytes.empty() || name == "empty.key";
    const auto uri = exists ? files.write(name, one.bytes) : files.nginx.url() + name;
    world.keys.want(uri);
    fail_if(world.has_failed(uri));
    fail_unless(world.fails(uri), "%s", one.name);
    const bool refused = one.kind == Error::Kind::not_authorized;
    fail_unless_equals_int(world.keys.refused(uri), refused);
    fail_unless((world.refused > 0) == refused, "%s", one.name);
    world.refused = 0;
    const auto failure = world.keys.failure(uri);
    fail_unless(failure.detail.find(one.said) != std::string::npos, "%s: %s", one.name,
                world.said(uri).c_str());
    fail_unless_equals_int(static_cast<int>(failure.kind), static_cast<int>(one.kind));
    fail_unless(failure.message.find("encrypted") != std::string::npos &&
                    failure.message.find(uri) != std::string::npos,
                "%s", failure.message.c_str());
    fail_if(world.keys.find(uri).has_value(), "%s", one.name);
  }
  fail_unless_equals_int(world.arrived, 0);
  for (auto* name : {"gone.key", "short.key", "huge.key"}) {
    const auto uri = files.write(name, first_key);
    fail_unless(world.comes(uri), "%s: %s", name, world.said(uri).c_str());
  }
  fail_unless_equals_int(world.arrived, 3);
}
GST_END_TEST;

/// The answer with the first key.
const std::string answer =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 16\r\n\r\n" + first_key;

// Rule: a key that takes its time does not hold up others, and is the key when it comes.
GST_START_TEST(a_slow_key) {
  std::promise<void> may_answer;
  test::RawServer server([&, may = may_answer.get_future().share()](auto& connection) {
    connection.read_head();
    connection.write(answer.substr(0, answer.size() - 5));
    may.wait();
    connection.write(answer.substr(answer.size() - 5));
  });
  Files files;
  World world;
  const auto slow = server.url() + "slow.key", other = files.write("b.key", first_key);
  world.keys.want(slow);
  world.keys.want(other);
  fail_unless(world.comes(other), "%s", world.said(other).c_str());
  fail_if(world.keys.find(slow).has_value());
  may_answer.set_value();
  fail_unless(world.comes(slow), "%s", world.said(slow).c_str());
  fail_unless(as_text(world.keys.find(slow)) == first_key);
  fail_unless_equals_int(server.accepted(), 1);
}
GST_END_TEST;

// Rule: a server that says nothing is waited for as long as is set, and then asked again.
GST_START_TEST(a_silent_server) {
  std::atomic<bool> answers = false;
  test::RawServer server([&](auto& connection) {
    connection.read_head();
    answers ? (void)connection.write(answer) : (void)connection.hold();
  });
  World world(200ms);
  const auto uri = server.url() + "a.key";
  world.keys.want(uri);
  fail_unless(world.fails(uri));
  fail_unless(world.said(uri).find("does not answer") != std::string::npos, "%s",
              world.said(uri).c_str());
  fail_unless_equals_int(static_cast<int>(world.keys.failure(uri).kind),
                         static_cast<int>(Error::Kind::read));
  answers = true;
  fail_unless(world.comes(uri), "%s", world.said(uri).c_str());
}
GST_END_TEST;

// Rule: a server that is away is asked less and less often, and not at all any more when nobody
// has wanted the key for a while; wanted again, at once.
GST_START_TEST(who_is_away_is_not_pestered) {
  Files files;
  World world;
  const auto uri = files.nginx.url() + "gone.key";
  auto asked = [&] { return files.requests("gone.key"); };
  world.keys.want(uri);
  // It rests: a try is longer overdue than the longest pause between two.
  int last = 0;
  auto since = std::chrono::steady_clock::now();
  auto rests = [&] {
    if (const int now = asked(); now != last) {
      last = now;
      since = std::chrono::steady_clock::now();
    }
    return std::chrono::steady_clock::now() - since > 6s;
  };
  world.loop.watch_gaps(); // looks every 5 ms
  fail_unless(world.loop.run_until(rests, 30s), "it was asked for on and on");
  fail_unless(last >= 5 && last <= 9, "asked %d times in 10 s", last);
  world.keys.want(uri);
  fail_unless(world.loop.run_until([&] { return asked() > last; }, 2s), "not asked for again");
}
GST_END_TEST;

// Rule: of many that are wanted and not to be had no more are remembered than of others.
GST_START_TEST(failures_are_bounded) {
  Files files;
  World world;
  constexpr auto most = viewer::KeySource::most_keys;
  std::vector<std::string> uris;
  for (std::size_t i = 0; i < 3 * most; ++i) {
    uris.push_back(files.nginx.url() + "gone" + std::to_string(i) + ".key");
    world.keys.want(uris.back());
  }
  fail_unless(world.fails(uris.back()));
  std::size_t known = 0;
  for (const auto& uri : uris)
    known += world.has_failed(uri);
  fail_unless(known <= most, "%zu", known);
}
GST_END_TEST;

static Suite* key_source_suite() {
  auto* suite = suite_create("key_source");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_key_is_loaded_once);
  tcase_add_test(tcase, keys_rotate);
  tcase_add_test(tcase, what_is_no_key_is_an_error);
  tcase_add_test(tcase, a_slow_key);
  tcase_add_test(tcase, a_silent_server);
  tcase_add_test(tcase, who_is_away_is_not_pestered);
  tcase_add_test(tcase, failures_are_bounded);
  return suite;
}

GST_CHECK_MAIN(key_source)
