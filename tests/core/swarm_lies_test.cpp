// What a swarm of a large audience makes of entries that are not what its own playlist shows.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "crowd.h"

// Rule: what does not go on from the segment before it is told as that: that there is more to it.
GST_START_TEST(a_break_is_not_told) {
  Crowd crowd;
  auto sn = crowd.whole() + 2;
  crowd.cdn.breaks = {sn};
  for (crowd.known = sn - 1; crowd.whole() < sn; crowd.look())
    crowd.run_for(2s);
  crowd.run_for(6s);
  auto entries = crowd.told(sn);
  fail_unless(!entries.empty());
  for (const auto& [to, entry] : entries)
    fail_unless(entry.duration == 0ms);
}
GST_END_TEST;

// Rule: what was told wrongly is replaced by what the playlist shows, chunks and all; nothing
// restarts or breaks off, nothing wrong is handed out.
GST_START_TEST(a_lie) {
  Crowd crowd;
  auto sn = crowd.whole() + 1;
  auto lie = crowd.segment(sn);
  lie.duration = 2400ms;
  for (auto by : {2, 3}) {
    crowd.tell(by, to_tell(lie, true));
    crowd.has(by, lie, 300'000, 10);
  }
  crowd.run_for(100ms);
  crowd.serve(sn, 300'000);
  crowd.run_for(1'900ms);
  fail_unless(crowd.announces(sn), "it has believed it");
  for (int i = 0; i < 8; ++i) {
    crowd.look();
    crowd.run_for(2s);
  }
  fail_unless_equals_int(crowd.breaks(), 0);
  fail_unless(crowd.cdn.in_order());
  fail_unless(number(crowd.cdn.delivered.back().sn) > sn);
}
GST_END_TEST;

// Rule: where another version was played of what the playlist shows then, it goes on behind that,
// or ends there.
GST_START_TEST(another_version_was_played) {
  for (bool ends : {false, true}) {
    Crowd crowd;
    auto sn = crowd.whole() + 1;
    auto other = crowd.segment(sn);
    other.duration += 1ms;
    crowd.run_for(2s);
    for (auto by : {2, 3}) {
      crowd.tell(by, to_tell(other, true));
      crowd.has(by, other, 300'000, 10);
    }
    crowd.run_for(100ms);
    crowd.serve(sn, 300'000);
    const auto& delivered = crowd.cdn.delivered;
    auto played = [&] {
      return number(delivered.back().sn) == sn &&
             delivered.back().offset + delivered.back().size == 300'000;
    };
    for (auto end = crowd.cdn.now + 12s; !played() && crowd.cdn.now < end;)
      crowd.run_for(50ms);
    fail_unless(played());
    if (ends)
      crowd.cdn.ends = sn;
    crowd.cdn.refresh(); // nobody tells how large it is
    crowd.run_for(2s);
    fail_unless_equals_int(crowd.count<Finish>(), ends);
    fail_unless(ends || number(delivered.back().sn) > sn);
    fail_unless_equals_int(crowd.breaks(), !ends);
  }
}
GST_END_TEST;

// Rule: who tells what is not true again and again is dropped.
GST_START_TEST(liars) {
  Crowd crowd;
  auto dropped = [&](std::uint64_t who) {
    return std::ranges::any_of(crowd.cdn.others, [&](const Action& action) {
      auto* disconnect = std::get_if<Disconnect>(&action);
      return disconnect && disconnect->peer == peer(who);
    });
  };
  for (int i = 0; i < 25; ++i) {
    auto lie = crowd.segment(crowd.whole() + 1);
    lie.duration = 2400ms;
    for (auto by : {2, 3})
      crowd.tell(by, to_tell(lie, true));
    crowd.tell(4, crowd.entry(crowd.whole() + 1));
    crowd.run_for(2s);
    crowd.look();
    fail_if(i < 19 && dropped(2));
  }
  fail_unless(dropped(2) && dropped(3) && !dropped(4));
  fail_unless_equals_int(crowd.breaks(), 0);
}
GST_END_TEST;

static Suite* swarm_lies_suite() {
  auto* suite = suite_create("swarm_lies");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_break_is_not_told);
  tcase_add_test(tcase, a_lie);
  tcase_add_test(tcase, another_version_was_played);
  tcase_add_test(tcase, liars);
  return suite;
}

GST_CHECK_MAIN(swarm_lies)
