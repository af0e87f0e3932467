// A viewer that changes the quality while it plays, and other viewers in the swarm of each quality:
// real encoder and muxer, nginx behind a narrow link, p2plive-server, mosquitto and data channels.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ladder_watcher.h"
#include "narrow_link.h"
#include "server.h"

#include <functional>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::adaptive_options, test::flaws, test::LadderStream, test::listed, test::narrow,
    test::plays, test::qualities, test::Watcher;

static processes::Service start_mosquitto(const LadderStream& stream) {
  processes::ServiceOptions options;
  options.directory = stream.directory().path();
  auto started = processes::start_mosquitto(options);
  fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
  return std::move(*started);
}

/// Whether it comes true in time.
static bool until(const std::function<bool()>& condition, std::chrono::seconds patience,
                  const std::function<void()>& meanwhile) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition() && std::chrono::steady_clock::now() < deadline)
    meanwhile();
  return condition();
}

// Rule: the swarm of the other quality is joined, and that of the one before left: viewers there
// see it come and go, and it takes from those whom it has come to.
GST_START_TEST(it_goes_from_swarm_to_swarm) {
  LadderStream stream;
  auto mosquitto = start_mosquitto(stream);
  test::Server server(mosquitto.port);
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  auto with_index = [&](const std::string& url, std::uint64_t bandwidth) {
    auto wish = adaptive_options(url);
    wish.index_uri = server.index_uri();
    wish.late = Late::keep; // a stall, should there be one, leaves nothing out
    wish.quality.max_bitrate = bandwidth;
    wish.quality.adaptive = bandwidth == 0;
    return wish;
  };
  auto helps_little = with_index(stream.nginx().url(), LadderStream::bandwidths[2]);
  helps_little.upload_limit = 100'000; // not through the link, so it would make up for that
  Watcher high(helps_little);
  Watcher low(with_index(stream.nginx().url(), LadderStream::bandwidths[0]));
  Watcher changing(with_index(link.url(), 0));
  auto take = [&] {
    for (auto* watcher : {&high, &low, &changing})
      watcher->take(3ms);
  };
  auto meets = [&](Watcher& other) {
    auto here = changing.viewer().statistics(), there = other.viewer().statistics();
    return here.peers == 1 && here.rid == there.rid && other.added() == std::vector{here.peer_id};
  };
  fail_unless(until([&] { return meets(high) && changing.whole() >= 4; }, 30s, take),
              "it does not join the first swarm");
  auto first = changing.viewer().statistics();
  link.set_rate(narrow);
  fail_unless(until([&] { return changing.viewer().statistics().switches > 0; }, 30s, take),
              "it does not go down");
  fail_unless(until([&] { return high.removed() == std::vector{first.peer_id}; }, 5s, take),
              "the first swarm is not left");
  fail_unless(until([&] { return high.viewer().statistics().peers == 0; }, 5s, take));
  fail_unless(until([&] { return meets(low); }, 20s, take), "the other swarm is not joined");
  auto before = changing.viewer().statistics().peer_bytes;
  fail_unless(
      until([&] { return changing.viewer().statistics().peer_bytes > before + 30'000; }, 20s, take),
      "it takes nothing from them");
  link.set_rate(0);
  fail_unless(until([&] { return plays(changing, 1); }, 60s, take),
              "it does not go up: %s, %lu bit/s", listed(qualities(changing)).c_str(),
              changing.viewer().statistics().throughput);
  for (const auto* watcher : {&high, &low, &changing}) {
    auto flaw = flaws(stream, *watcher);
    fail_unless(flaw.empty(), "%s: %s", watcher == &changing ? "changing" : "fixed", flaw.c_str());
  }
}
GST_END_TEST;

// Rule: where other viewers give everything, and nothing is known of the link, it goes up when they
// give what is above, too; here the link would not carry that.
GST_START_TEST(it_goes_up_with_what_others_give) {
  LadderStream stream;
  auto mosquitto = start_mosquitto(stream);
  test::Server server(mosquitto.port);
  test::NarrowLink link(stream.nginx().port);
  link.set_rate(40'000);
  stream.wait_for(11);
  auto up_to = [&](const std::string& url, std::size_t quality) {
    auto wish = adaptive_options(url);
    wish.index_uri = server.index_uri();
    wish.quality.max_bitrate = LadderStream::bandwidths[quality];
    wish.quality.adaptive = false;
    return wish;
  };
  auto gives_little = up_to(stream.nginx().url(), 0);
  gives_little.upload_limit = 320'000; // not through the link, so it would make up for that
  Watcher low(gives_little), middle(up_to(stream.nginx().url(), 1));
  auto given = up_to(link.url(), 1);
  given.quality.adaptive = true;
  given.quality.start_bitrate = LadderStream::bandwidths[0];
  given.seed_share = 0;
  Watcher changing(given);
  bool unknown = false;
  auto look = [&] {
    for (auto* watcher : {&low, &middle, &changing})
      watcher->take(3ms);
    auto figures = changing.viewer().statistics();
    unknown |= figures.peers > 0 && figures.throughput == 0;
  };
  auto up = until([&] { return plays(changing, 1); }, 90s, look);
  fail_unless(unknown, "the link is asked all the time");
  fail_unless(up, "it does not go up: %s, %lu bit/s", listed(qualities(changing)).c_str(),
              changing.viewer().statistics().throughput);
  auto flaw = flaws(stream, changing);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}
GST_END_TEST;

static Suite* adaptive_swarms_suite() {
  auto* suite = suite_create("adaptive_swarms");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 180);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, it_goes_from_swarm_to_swarm);
  tcase_add_test(tcase, it_goes_up_with_what_others_give);
  return suite;
}

GST_CHECK_MAIN(adaptive_swarms)
