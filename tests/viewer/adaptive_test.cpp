// A viewer that changes the quality while it plays: real encoder and muxer, nginx behind a link
// that gets narrow and wide again, and other viewers in the swarm of each quality.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ladder_stream.h"
#include "narrow_link.h"
#include "server.h"
#include "watcher.h"

#include <algorithm>
#include <functional>
#include <set>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::LadderStream;
using test::Watcher;

namespace {

/// What the middle quality does not fit through, and the lowest does.
constexpr std::uint64_t narrow = 60'000;

ViewerOptions options(const std::string& server) {
  auto options = Watcher::options(server + "master.m3u8");
  options.live_delay = 8s;
  options.lead = 3s;
  options.quality.adaptive = true;
  options.quality.start_bitrate = LadderStream::bandwidths[2];
  return options;
}

/// Of the whole segments, without repetitions.
std::vector<std::size_t> qualities(const Watcher& watcher) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < watcher.whole(); ++i)
    if (auto quality = LadderStream::quality_of(watcher.segments()[i].bandwidth);
        out.empty() || out.back() != quality)
      out.push_back(quality);
  return out;
}

std::string listed(const std::vector<std::size_t>& numbers) {
  std::string out;
  for (auto number : numbers)
    out += std::to_string(number) + " ";
  return out;
}

/// What is wrong with what was handed out: every segment is the encoder's, in the quality that was
/// told, and follows the one before it in number and time.
std::string flaws(const LadderStream& stream, const Watcher& watcher) {
  for (std::size_t i = 0; i < watcher.whole(); ++i) {
    const auto& segment = watcher.segments()[i];
    auto quality = LadderStream::quality_of(segment.bandwidth);
    auto name = "segment " + std::to_string(segment.sn) + " of " + std::to_string(quality) + ": ";
    if (!segment.flaw.empty())
      return name + segment.flaw;
    if (segment.bytes != stream.segment(quality, segment.sn))
      return name + std::to_string(segment.bytes.size()) + " other bytes than the encoder's " +
             std::to_string(stream.segment(quality, segment.sn).size());
    if (i == 0)
      continue;
    const auto& before = watcher.segments()[i - 1];
    if (segment.bandwidth != before.bandwidth && segment.init != stream.init(quality))
      return name + "not behind its init section";
    if (segment.sn != before.sn + 1)
      return name + "does not follow " + std::to_string(before.sn);
    if (segment.discontinuity || !segment.timestamp || !before.timestamp)
      return name + "breaks the line of time";
    auto step = *segment.timestamp - *before.timestamp;
    if (step < 950ms || step > 1050ms)
      return name + "another time than behind the one before";
  }
  return {};
}

void check_flaws(const LadderStream& stream, const Watcher& watcher) {
  auto flaw = flaws(stream, watcher);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}

/// The last segment that is whole is in this quality.
bool plays(const Watcher& watcher, std::size_t quality) {
  return watcher.whole() > 0 && qualities(watcher).back() == quality;
}

/// Whether it comes true in time.
bool until(const std::function<bool()>& condition, std::chrono::seconds patience,
           const std::function<void()>& meanwhile) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition() && std::chrono::steady_clock::now() < deadline)
    meanwhile();
  return condition();
}

void goes_down_and_up(bool fmp4) {
  LadderStream stream(fmp4);
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  Watcher watcher(options(link.url()));
  auto played = [&] { return qualities(watcher); };
  fail_unless(watcher.until([&] { return watcher.whole() >= 4; }));
  fail_unless(plays(watcher, 2), "it begins with %s", listed(played()).c_str());
  link.set_rate(narrow);
  fail_unless(watcher.until([&] { return plays(watcher, 0); }, 20s),
              "it does not go down: %s, %lu bit/s", listed(played()).c_str(),
              watcher.viewer().statistics().throughput);
  link.set_rate(0);
  fail_unless(watcher.until([&] { return plays(watcher, 2); }, 60s),
              "it does not go up: %s, %lu bit/s", listed(played()).c_str(),
              watcher.viewer().statistics().throughput);
  auto flaw = flaws(stream, watcher);
  fail_unless(flaw.empty(), "%s (%s)", flaw.c_str(), listed(played()).c_str());
  // One step at a time up, as far as it takes down.
  auto way = played();
  auto lowest = std::ranges::find(way, 0u);
  fail_unless(std::vector(lowest, way.end()) == std::vector<std::size_t>({0, 1, 2}), "%s",
              listed(way).c_str());
  auto told = [&] {
    auto figures = watcher.viewer().statistics();
    return figures.switches == way.size() - 1 && figures.bandwidth == LadderStream::bandwidths[2];
  };
  fail_unless(watcher.until(told), "statistics tell of %lu changes",
              watcher.viewer().statistics().switches);
  fail_unless_equals_int(watcher.viewer().statistics().starvations, 0);
}

} // namespace

// Rule: with `adaptive` a link that gets narrow makes it play less, and one that is wide again what
// it played before, with every segment whole, none twice and none left out, on one line of time.
GST_START_TEST(transport_stream_goes_down_and_up) {
  goes_down_and_up(false);
}
GST_END_TEST;

GST_START_TEST(fragmented_mp4_goes_down_and_up) {
  goes_down_and_up(true);
}
GST_END_TEST;

// Rule: while nothing is known of the link it plays what is listed first, and then goes at once as
// far up as that carries.
GST_START_TEST(it_begins_with_what_is_listed_first) {
  LadderStream stream;
  stream.wait_for(11);
  auto unsure = options(stream.nginx().url());
  unsure.quality.start_bitrate = 0;
  Watcher watcher(unsure);
  fail_unless(watcher.until([&] { return watcher.whole() > 0 && !plays(watcher, 0); }),
              "it does not go up");
  fail_unless(qualities(watcher) == std::vector<std::size_t>({0, 2}), "%s",
              listed(qualities(watcher)).c_str());
  check_flaws(stream, watcher);
}
GST_END_TEST;

// Rule: the same without pacing, where nothing is left to hand out before the change: the
// application has it all, and plays it.
GST_START_TEST(it_goes_up_without_pacing) {
  LadderStream stream;
  stream.wait_for(11);
  auto unpaced = options(stream.nginx().url());
  unpaced.quality.start_bitrate = 0;
  unpaced.pace = Pace::none;
  Watcher watcher(unpaced);
  fail_unless(watcher.until([&] { return watcher.whole() > 0 && !plays(watcher, 0); }),
              "it does not go up");
  check_flaws(stream, watcher);
}
GST_END_TEST;

// Rule: a link that gets narrow before the change is not one for a higher quality: the change is
// given up, and nothing is lost by it.
GST_START_TEST(what_turns_out_too_high_is_given_up) {
  LadderStream stream;
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  auto in_the_middle = options(link.url());
  in_the_middle.quality.start_bitrate = LadderStream::bandwidths[1];
  Watcher watcher(in_the_middle);
  fail_unless(watcher.until([&] { return link.asked("GET /q2.m3u8") > 0; }), "it does not go up");
  link.set_rate(narrow);
  auto low = [&] { return plays(watcher, 0); };
  fail_unless(watcher.until(low, 30s), "it does not go down: %s",
              listed(qualities(watcher)).c_str());
  fail_unless(qualities(watcher) == std::vector<std::size_t>({1, 0}), "%s",
              listed(qualities(watcher)).c_str());
  fail_unless_equals_int(watcher.viewer().statistics().switches, 1);
  check_flaws(stream, watcher);
}
GST_END_TEST;

// Rule: in a pause it stays with what it plays, and goes on with the stream for other viewers,
// though a change was under way; that is made afterwards.
GST_START_TEST(a_pause_before_the_change) {
  LadderStream stream;
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  auto unsure = options(link.url());
  unsure.quality.start_bitrate = 0;
  Watcher watcher(unsure);
  fail_unless(watcher.until([&] { return link.asked("GET /q2.m3u8") > 0; }), "it does not go up");
  // What is listed by now is fetched in any case, and what lies before the seam.
  auto before = link.asked("GET /q0-");
  fail_unless(link.wait_until_asked("GET /q0-", before + 6, 30s), "it stands still after %zu",
              link.asked("GET /q0-") - before);
  fail_unless(qualities(watcher).empty() || qualities(watcher) == std::vector<std::size_t>{0});
  auto high = [&] { return plays(watcher, 2); };
  fail_unless(watcher.until(high, 30s), "it does not go up afterwards");
}
GST_END_TEST;

// Rule: without it the quality stays, whatever the link carries.
GST_START_TEST(it_stays_where_it_is_not_wanted) {
  LadderStream stream;
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  auto fixed = options(link.url());
  fixed.quality.adaptive = false;
  Watcher watcher(fixed);
  fail_unless(watcher.until([&] { return watcher.whole() >= 4; }));
  link.set_rate(narrow);
  watcher.until([&] { return watcher.viewer().statistics().starvations > 0; }, 20s);
  fail_unless(watcher.viewer().statistics().starvations > 0, "the link is not narrow");
  fail_unless(qualities(watcher) == std::vector<std::size_t>{2});
  fail_unless_equals_int(watcher.viewer().statistics().switches, 0);
}
GST_END_TEST;

// Rule: a quality whose playlist cannot be had is passed over, and nothing is lost by trying.
GST_START_TEST(what_is_not_to_be_had_is_passed_over) {
  LadderStream stream(false, "location = /q1.m3u8 { return 404; }\n");
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  Watcher watcher(options(link.url()));
  fail_unless(watcher.until([&] { return watcher.whole() >= 4; }));
  link.set_rate(LadderStream::bandwidths[1] * 12 / 10 / 8);
  auto low = [&] { return watcher.segments().back().bandwidth == LadderStream::bandwidths[0]; };
  fail_unless(watcher.until(low, 30s), "it does not go down: %s",
              listed(qualities(watcher)).c_str());
  link.set_rate(0);
  auto whole = watcher.whole();
  fail_unless(watcher.until([&] { return watcher.whole() >= whole + 4; }));
  check_flaws(stream, watcher);
  fail_unless(qualities(watcher) == std::vector<std::size_t>({2, 0}), "%s",
              listed(qualities(watcher)).c_str());
}
GST_END_TEST;

// Rule: the swarm of the other quality is joined, and that of the one before left: viewers there
// see it come and go, and it takes from those whom it has come to.
GST_START_TEST(it_goes_from_swarm_to_swarm) {
  LadderStream stream;
  processes::ServiceOptions broker;
  broker.directory = stream.directory().path();
  auto mosquitto = processes::start_mosquitto(broker);
  fail_unless(mosquitto.has_value());
  test::Server server(mosquitto->port);
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  auto with_index = [&](const std::string& url, std::uint64_t bandwidth) {
    auto wish = options(url);
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
  processes::ServiceOptions broker;
  broker.directory = stream.directory().path();
  auto mosquitto = processes::start_mosquitto(broker);
  fail_unless(mosquitto.has_value());
  test::Server server(mosquitto->port);
  test::NarrowLink link(stream.nginx().port);
  link.set_rate(40'000);
  stream.wait_for(11);
  auto up_to = [&](const std::string& url, std::size_t quality) {
    auto wish = options(url);
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
  check_flaws(stream, changing);
}
GST_END_TEST;

static Suite* adaptive_suite() {
  auto* suite = suite_create("adaptive");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 180);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, transport_stream_goes_down_and_up);
  tcase_add_test(tcase, fragmented_mp4_goes_down_and_up);
  tcase_add_test(tcase, it_begins_with_what_is_listed_first);
  tcase_add_test(tcase, it_goes_up_without_pacing);
  tcase_add_test(tcase, what_turns_out_too_high_is_given_up);
  tcase_add_test(tcase, a_pause_before_the_change);
  tcase_add_test(tcase, it_stays_where_it_is_not_wanted);
  tcase_add_test(tcase, what_is_not_to_be_had_is_passed_over);
  tcase_add_test(tcase, it_goes_from_swarm_to_swarm);
  tcase_add_test(tcase, it_goes_up_with_what_others_give);
  return suite;
}

GST_CHECK_MAIN(adaptive)
