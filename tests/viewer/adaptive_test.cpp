// A viewer that changes the quality while it plays: real encoder and muxer, and nginx behind a link
// that gets narrow and wide again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ladder_watcher.h"
#include "narrow_link.h"

#include <algorithm>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::adaptive_options, test::flaws, test::LadderStream, test::listed, test::narrow,
    test::plays, test::qualities, test::Watcher;

namespace {

void check_flaws(const LadderStream& stream, const Watcher& watcher) {
  auto flaw = flaws(stream, watcher);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
}

void goes_down_and_up(bool fmp4) {
  LadderStream stream(fmp4);
  test::NarrowLink link(stream.nginx().port);
  stream.wait_for(11);
  Watcher watcher(adaptive_options(link.url()));
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
  auto unsure = adaptive_options(stream.nginx().url());
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
  auto unpaced = adaptive_options(stream.nginx().url());
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
  auto in_the_middle = adaptive_options(link.url());
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
  auto unsure = adaptive_options(link.url());
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
  auto fixed = adaptive_options(link.url());
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
  Watcher watcher(adaptive_options(link.url()));
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
  return suite;
}

GST_CHECK_MAIN(adaptive)
