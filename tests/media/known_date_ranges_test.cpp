// What is new among the date ranges of a playlist that is loaded again and again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/known_date_ranges.h"

#include "media/playlist_limits.h"

#include <gst/check/gstcheck.h>

#include <string>

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

const WallTime noon{std::chrono::milliseconds(1'764'158'400'000)};

DateRange ad(const std::string& id) {
  return {.id = id, .class_name = "ad", .start = noon};
}

} // namespace

// Rule: a range is news once, and its leaving and coming back is none.
GST_START_TEST(what_is_known_is_no_news) {
  KnownDateRanges known;
  auto news = known.update({ad("a"), ad("b")});
  fail_unless((news == std::vector{ad("a"), ad("b")}));
  fail_unless(known.update({ad("a"), ad("b")}).empty());
  fail_unless(known.update({ad("b")}).empty());
  fail_unless(known.update({}).empty());
  fail_unless((known.update({ad("a"), ad("c"), ad("b")}) == std::vector{ad("c")}));
}
GST_END_TEST;

// Rule: what a later tag says is added to what was known, also when the first tag is gone; what it
// says otherwise holds from then on.
GST_START_TEST(later_tags_say_more) {
  KnownDateRanges known;
  auto out = ad("a");
  out.planned_duration = 30s;
  out.others = {{"SCTE35-OUT", "0xFC30"}};
  known.update({out});
  DateRange in{.id = "a", .duration = 29s, .others = {{"SCTE35-IN", "0xFC31"}}};
  auto both = out;
  both.duration = 29s;
  both.others = {{"SCTE35-IN", "0xFC31"}, {"SCTE35-OUT", "0xFC30"}};
  fail_unless((known.update({in}) == std::vector{both}));
  fail_unless(known.update({in}).empty());
  fail_unless(known.update({out}).empty(), "less was said, not something else");
  in.duration = 31s;
  both.duration = 31s;
  fail_unless((known.update({in}) == std::vector{both}));
}
GST_END_TEST;

// Rule: what contradicts itself is left out.
GST_START_TEST(contradictions) {
  KnownDateRanges known;
  auto wrong = ad("a");
  wrong.end = noon - 1s;
  fail_unless((known.update({wrong}) == std::vector{ad("a")}));
  auto follows = ad("a");
  follows.class_name.clear();
  follows.id = "b";
  auto should = follows;
  follows.end_on_next = true;
  fail_unless((known.update({follows}) == std::vector{should}));
}
GST_END_TEST;

// Rule: of those that have left the playlist no more are kept than it may list, by number and by
// size; those that it lists are not forgotten, and never news again.
GST_START_TEST(memory_is_bounded) {
  KnownDateRanges known;
  auto numbered = [](std::size_t first, std::size_t count) {
    std::vector<DateRange> ranges{ad("stays")};
    for (auto i = first; ranges.size() < count; ++i)
      ranges.push_back(ad(std::to_string(i)));
    return ranges;
  };
  for (std::size_t load = 0; load < 5; ++load) {
    auto news = known.update(numbered(load * max_date_ranges, max_date_ranges));
    fail_unless_equals_uint64(news.size(), max_date_ranges - (load > 0));
    fail_unless(known.size() <= 2 * max_date_ranges);
  }
  // An attribute of another name each time.
  for (std::size_t load = 0; load < 300; ++load) {
    auto grows = ad("grows");
    grows.others.emplace("X-" + std::to_string(load), std::string(max_line_length / 2, 'x'));
    known.update({ad("stays"), grows});
    fail_unless(known.bytes() <= 2 * max_date_range_bytes);
  }
  fail_unless(known.update({ad("stays")}).empty());
}
GST_END_TEST;

static Suite* known_date_ranges_suite() {
  auto* suite = suite_create("known_date_ranges");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, what_is_known_is_no_news);
  tcase_add_test(tcase, later_tags_say_more);
  tcase_add_test(tcase, contradictions);
  tcase_add_test(tcase, memory_is_bounded);
  return suite;
}

GST_CHECK_MAIN(known_date_ranges)
