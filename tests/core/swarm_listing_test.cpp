// What a swarm of a large audience makes of its own playlist, and of what others tell of theirs.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "crowd.h"

#include <tuple>

// Rule: a segment that two neighbours tell alike is known from then on, and asked for; one
// neighbour's word is none, and two words that differ are none.
GST_START_TEST(two_are_believed) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.has(4, crowd.segment(sn), 500'000, 3);
  auto asks = [&] {
    return std::ranges::any_of(crowd.cdn.said<RequestMessage>(), [&](const auto& request) {
      return number(request.second.chunk.object.sn) == sn;
    });
  };
  crowd.tell(2, crowd.entry(sn));
  crowd.tell(2, crowd.entry(sn));
  auto other = crowd.entry(sn);
  other.duration += 10ms;
  crowd.tell(3, other);
  crowd.run_for(500ms);
  fail_if(asks());
  crowd.tell(5, crowd.entry(sn));
  crowd.run_for(50ms);
  fail_unless(asks());
}
GST_END_TEST;

// Rule: what others told is not told on; that it is known is, and chunks of it are. What our own
// playlist shows is told to each neighbour once, and not to who knows.
GST_START_TEST(told_by_who_has_seen_it) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.known = sn - 1;
  for (auto by : {2, 3})
    crowd.tell(by, crowd.entry(sn));
  for (auto by : {2, 3, 4})
    crowd.has(by, crowd.segment(sn), 500'000, 16);
  crowd.run_for(100ms);
  crowd.serve(sn, 500'000);
  crowd.run_for(1s);
  fail_unless(crowd.told(sn).empty());
  fail_unless(crowd.says_newest() == sn);
  fail_unless(crowd.announces(sn));
  crowd.run_for(2s);
  crowd.forget_sent();
  crowd.look(); // shows it, and perhaps one more
  auto newest = crowd.whole();
  crowd.known = newest - 1;
  crowd.run_for(12s);
  auto entries = crowd.told(newest);
  fail_unless(!entries.empty());
  std::ranges::sort(entries, {}, [](const auto& told) { return told.first; });
  auto twice = std::ranges::unique(entries, {}, [](const auto& told) { return told.first; });
  fail_unless(twice.empty());
  for (const auto& [to, entry] : entries)
    fail_unless(entry == crowd.entry(newest));
  crowd.look();
  crowd.forget_sent();
  crowd.known = crowd.whole();
  crowd.run_for(1900ms);
  crowd.look();
  fail_unless(crowd.told(crowd.known).empty(), "they know");
}
GST_END_TEST;

// Rule: a small audience hears no entries, nor does a neighbour of an older version.
GST_START_TEST(who_is_not_told) {
  for (auto [audience, minor] :
       {std::pair(32u, std::uint16_t{1}), std::pair(100u, std::uint16_t{0}),
        std::pair(100u, std::uint16_t{1})}) {
    Crowd crowd(audience, minor);
    crowd.look();
    crowd.known = crowd.whole() - 1;
    crowd.run_for(6s);
    auto haves = crowd.cdn.said<HaveMessage>();
    bool told =
        std::ranges::any_of(haves, [](const auto& said) { return said.second.entry.has_value(); });
    fail_unless(!haves.empty() && told == (audience > 32 && minor > 0));
  }
}
GST_END_TEST;

// Rule: a viewer of a large audience looks at one segment in four, when the others are told in
// time; one of a small audience, or who is appointed, at all.
GST_START_TEST(looks) {
  const std::tuple<std::uint32_t, std::uint8_t, int> cases[] = {
      {100, 0, 5}, {32, 0, 20}, {100, 3, 20}};
  for (auto [audience, place, expected] : cases) {
    Crowd crowd(audience, protocol_minor, {16, place});
    int looks = 0;
    crowd.run_for(2s);
    for (int segments = 0; segments < 20; ++segments) {
      auto due = crowd.cdn.now;
      if (auto left = crowd.cdn.swarm.poll_left_until(due)) {
        fail_unless(*left == due + 1s);
        crowd.run_for(200ms);
        for (auto by : {2, 3})
          crowd.tell(by, crowd.entry(crowd.whole()));
        crowd.has_newest();
        crowd.run_for(800ms);
        auto next = crowd.cdn.swarm.poll_left_until(crowd.cdn.now);
        fail_unless(next && *next == due + 2s, "the one after it is due a segment later");
      } else {
        ++looks;
        crowd.look();
      }
      crowd.run_for(due + 2s - crowd.cdn.now);
    }
    fail_unless(looks == expected, "%d of 20 in an audience of %u", looks, audience);
    fail_unless_equals_int(crowd.breaks(), 0);
    fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 0);
    fail_unless_equals_uint64(crowd.cdn.swarm.statistics().starvations, 0);
  }
}
GST_END_TEST;

// Rule: what nobody tells within half a segment is looked for, by refreshes as everybody makes
// them, until it is there: the end of the stream, a restart are not told.
GST_START_TEST(nobody_tells) {
  Crowd crowd;
  auto until = crowd.leave_one();
  fail_unless(until == crowd.cdn.now + 1s);
  crowd.run_for(1s);
  for (int i = 0; i < 4; ++i) {
    fail_if(crowd.cdn.swarm.poll_left_until(crowd.cdn.now), "once more");
    crowd.run_for(250ms);
  }
  crowd.known = crowd.whole(); // now it is a reason to look that somebody knows
  crowd.run_for(600ms);
  fail_unless(crowd.count<RefreshPlaylist>() >= 1);
  crowd.look();
  crowd.leave_one();
}
GST_END_TEST;

// Rule: while a segment is left to others it is no reason to look that somebody knows of it, unless
// he says that there is more to it; or when it is not left to others.
GST_START_TEST(reasons_to_look) {
  Crowd crowd;
  crowd.leave_one();
  auto sn = crowd.whole();
  crowd.known = sn;
  crowd.run_for(600ms);
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 0);
  crowd.tell(2, to_tell(crowd.segment(sn), false));
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), 1);
  Crowd small(32);
  small.known = small.whole() + 1;
  small.run_for(600ms);
  fail_unless(small.count<RefreshPlaylist>() >= 1);
}
GST_END_TEST;

// Rule: what others told of, and nobody has, is looked for in our own playlist in time to fetch it;
// not before, and not from the CDN as long as it is not shown.
GST_START_TEST(told_and_nowhere_to_be_had) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.run_for(2s);
  crowd.tell_of_nothing_but(sn);
  int before = crowd.count<RefreshPlaylist>();
  crowd.run_for(1s);
  fail_unless_equals_int(crowd.count<RefreshPlaylist>(), before);
  auto end = crowd.cdn.now + 8s;
  while (crowd.count<RefreshPlaylist>() == before && crowd.cdn.now < end)
    crowd.run_for(10ms);
  fail_unless(crowd.count<RefreshPlaylist>() == before + 1, "it does not look");
  fail_if(crowd.fetched(sn));
  fail_unless_equals_uint64(crowd.cdn.swarm.statistics().starvations, 0);
  crowd.run_for(50ms); // a load
  crowd.look();
  crowd.run_for(3s);
  fail_unless(crowd.fetched(sn));
  fail_unless(crowd.cdn.in_order() && crowd.breaks() == 0);
}
GST_END_TEST;

// Rule: a playlist that cannot be had is asked for no more often than four times a second.
GST_START_TEST(told_and_never_shown) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  crowd.run_for(2s);
  crowd.tell_of_nothing_but(sn);
  crowd.run_for(20s);
  auto looks = crowd.count<RefreshPlaylist>();
  fail_unless(looks > 4 && looks <= 80, "%d", looks);
  fail_if(crowd.fetched(sn));
}
GST_END_TEST;

// Rule: where the stream ends there is nothing behind it, whatever others have told.
GST_START_TEST(nothing_behind_the_end) {
  Crowd crowd;
  auto last = crowd.whole();
  crowd.cdn.ends = last;
  for (auto by : {2, 3}) {
    crowd.tell(by, crowd.entry(last + 1));
    crowd.has(by, crowd.segment(last + 1), 500'000, 0);
  }
  crowd.run_for(7900ms); // all is played but for what was told
  fail_unless(number(crowd.cdn.delivered.back().sn) == last);
  fail_unless_equals_int(crowd.count<Finish>(), 0);
  crowd.look();
  crowd.run_for(1s);
  fail_unless_equals_int(crowd.count<Finish>(), 1);
  fail_unless_equals_int(crowd.breaks(), 0);
  fail_unless(crowd.cdn.in_order());
}
GST_END_TEST;

static Suite* swarm_listing_suite() {
  auto* suite = suite_create("swarm_listing");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_are_believed);
  tcase_add_test(tcase, told_by_who_has_seen_it);
  tcase_add_test(tcase, who_is_not_told);
  tcase_add_test(tcase, looks);
  tcase_add_test(tcase, nobody_tells);
  tcase_add_test(tcase, reasons_to_look);
  tcase_add_test(tcase, told_and_nowhere_to_be_had);
  tcase_add_test(tcase, told_and_never_shown);
  tcase_add_test(tcase, nothing_behind_the_end);
  return suite;
}

GST_CHECK_MAIN(swarm_listing)
