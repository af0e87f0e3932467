// What a viewer knows of whom it can be connected with, and what it does about it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/membership.h"

#include "introductions.h"

#include <cmath>
#include <map>
#include <set>

// Rule: half before anything is known, then what the attempts say, and in the end what the latest
// say; it is known after eight.
GST_START_TEST(share_of_attempts) {
  Reach reach;
  fail_unless(reach.share() == 0.5 && !reach.known() && !reach.low());
  for (int i = 1; i <= 8; ++i) {
    fail_if(reach.known());
    reach.attempted(false);
    fail_unless(std::abs(reach.share() - 1.0 / (i + 2)) < 1e-9);
  }
  fail_unless(reach.known() && reach.low());
  for (int i = 0; i < 100; ++i)
    reach.attempted(true);
  fail_unless(reach.share() > 0.94 && !reach.low());
}
GST_END_TEST;

// Rule: what is under way counts as vain, and nothing is said before that makes eight.
GST_START_TEST(attempts_under_way) {
  Reach reach;
  reach.attempted(true);
  fail_unless_equals_int(reach.percent_after(6), 50);
  fail_unless_equals_int(reach.percent_after(7), 20);
  fail_if(reach.low_after(0) || reach.low_after(6));
  fail_unless(reach.low_after(7));
}
GST_END_TEST;

// Rule: who reaches few says so once it has tried enough, and asks the tracker again when it has
// tried everybody, though not before the tracker wants it.
GST_START_TEST(hard_to_reach_others) {
  for (bool busy : {false, true}) {
    Membership membership(settings(0));
    membership.joined(start);
    auto first = membership.step(start, {}).announce;
    fail_unless(first && first->reach == 50);
    TrackerAnswer named = answer(1, 12, 100);
    named.interval = busy ? 120s : 40s;
    membership.tracker_answered(start, named);
    Neighbours open;
    open.emplace(peer(90), Neighbour(peer(90), start)).first->second.ready = true;
    std::optional<Time> again;
    for (auto now = start; now < start + 90s && !again; now += 1s) {
      open.at(peer(90)).heard(now);
      auto step = membership.step(now, open);
      for (const auto& id : step.connect)
        membership.closed(now, id, Membership::End::unreachable);
      if (step.announce) {
        again = now;
        fail_unless(step.announce->reach < hard_to_reach, "%d", step.announce->reach);
      }
    }
    fail_unless(again.has_value() != busy);
    fail_unless(busy || *again <= start + 20s, "%f", seconds(*again - start));
  }
}
GST_END_TEST;

// Rule: who has found no path at first asks the tracker again, which knows by then, and tries those
// of its latest answer before all others.
GST_START_TEST(the_latest_answer_first) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.step(start, {});
  membership.tracker_answered(start, answer(1, 100, 200));
  std::optional<Announce> again;
  auto now = start;
  for (; now < start + 25s && !again; now += 1s) {
    auto step = membership.step(now, {});
    for (const auto& id : step.connect)
      membership.closed(now, id, Membership::End::unreachable);
    again = step.announce;
  }
  fail_unless(again && again->reach < hard_to_reach, "after %.0f s", seconds(now - start));
  membership.tracker_answered(now, answer(150, 3, 200));
  for (int tried = 0; tried < 3; now += 1s) {
    fail_unless(now < start + 600s);
    for (const auto& id : membership.step(now, {}).connect) {
      fail_unless(tried >= 3 || id == peer(150) || id == peer(151) || id == peer(152));
      membership.closed(now, id, Membership::End::unreachable);
      ++tried;
    }
  }
}
GST_END_TEST;

// Rule: attempts that take longer than those that come to something do are as good as vain: who
// seems to reach few tells the tracker at once, and only once before it is certain.
GST_START_TEST(who_seems_to_reach_few) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.step(start, {});
  membership.tracker_answered(start, answer(1, 100, 200));
  fail_unless_equals_int(membership.step(start, {}).connect.size(), 12);
  fail_if(membership.step(start + 900ms, {}).announce.has_value());
  auto announce = membership.step(start + 1s, {}).announce;
  fail_unless(announce && announce->reach == 7, "%d", announce ? announce->reach : -1);
  membership.tracker_answered(start + 1s, answer(101, 50, 200));
  for (auto now = start + 2s; now < start + 9s; now += 500ms)
    fail_if(membership.step(now, {}).announce.has_value());
  fail_if(membership.reach().known());
}
GST_END_TEST;

/// Goes out for `count` viewers from `first` on, until it has tried all of them: every other one
/// has a path, and leaves again.
static void half_are_met(Membership& membership, std::uint8_t first, std::uint8_t count,
                         unsigned reach_of_met) {
  membership.tracker_answered(start, answer(first, count, 200));
  std::map<PeerId, bool> has_path;
  for (auto now = start; has_path.size() < count; now += 1s) {
    fail_unless(now < start + 600s, "%zu tried", has_path.size());
    for (const auto& id : membership.step(now, {}).connect) {
      auto path = has_path.try_emplace(id, has_path.size() % 2 == 1).first->second;
      if (!path) {
        membership.closed(now, id, Membership::End::unreachable);
        continue;
      }
      Neighbour neighbour(id, now);
      neighbour.tells_reach(reach_of_met);
      membership.opened(id);
      membership.met(neighbour);
      membership.closed(now, id, Membership::End::left);
    }
  }
}

// Rule: to have met somebody whom nearly everybody can meet proves nothing about one's own reach.
GST_START_TEST(what_proves_reach) {
  auto reach = [](unsigned theirs) {
    Membership membership(settings(0));
    membership.joined(start);
    half_are_met(membership, 1, 24, theirs);
    return membership.reach().share();
  };
  fail_unless(reach(open_reach) < 0.1);
  fail_unless(std::abs(reach(open_reach - 1) - 0.5) < 0.01);
  fail_unless(std::abs(reach(0) - 0.5) < 0.01); // it does not know
}
GST_END_TEST;

// Rule: a viewer counts once for one's reach, and who came first does not: those come most often,
// and again, who can meet few.
GST_START_TEST(reach_is_of_those_sought) {
  Membership membership(settings(0));
  membership.joined(start);
  half_are_met(membership, 1, 24, 50);
  auto reach = membership.reach().share();
  fail_unless(std::abs(reach - 0.5) < 0.01);
  auto now = start + 700s;
  for (std::uint64_t i = 0; i < 20; ++i) {
    fail_unless(membership.offer_arrived(now, peer(100 + i), 1));
    membership.closed(now, peer(100 + i), Membership::End::unreachable);
  }
  fail_unless(membership.reach().share() == reach, "%f", membership.reach().share());
  // None of these has a path any more when it is sought again.
  auto seek = [&](std::uint64_t first, std::uint64_t count) {
    auto named = answer(first, count, 200);
    std::set<PeerId> left(named.peers.begin(), named.peers.end());
    for (int round = 0; !left.empty(); ++round, now += 700s) {
      fail_unless(round < 200, "%zu are not sought", left.size());
      membership.tracker_answered(now, named);
      for (const auto& id : membership.step(now, {}).connect) {
        membership.closed(now, id, Membership::End::unreachable);
        left.erase(id);
      }
    }
  };
  seek(1, 24);
  seek(100, 20);
  fail_unless(membership.reach().share() == reach, "%f", membership.reach().share());
  seek(150, 8);
  fail_unless(membership.reach().share() < reach - 0.1, "%f", membership.reach().share());
}
GST_END_TEST;

// Rule: but for who came it would not know, when it was among the first to come.
GST_START_TEST(reach_of_the_first) {
  Membership membership(settings(0));
  membership.joined(start);
  for (std::uint64_t i = 1; i <= 8; ++i) {
    fail_if(membership.reach().known());
    fail_unless(membership.offer_arrived(start, peer(i), 0));
    if (i % 4 == 0) {
      membership.closed(start, peer(i), Membership::End::unreachable);
      continue;
    }
    membership.opened(peer(i));
    fail_if(membership.reach().known()); // it has not shaken hands
    membership.met(Neighbour(peer(i), start));
  }
  fail_unless(membership.reach().known());
  fail_unless(std::abs(membership.reach().share() - 0.7) < 1e-9, "%f", membership.reach().share());
}
GST_END_TEST;

static Suite* reach_suite() {
  auto* suite = suite_create("reach");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, share_of_attempts);
  tcase_add_test(tcase, attempts_under_way);
  tcase_add_test(tcase, hard_to_reach_others);
  tcase_add_test(tcase, the_latest_answer_first);
  tcase_add_test(tcase, who_seems_to_reach_few);
  tcase_add_test(tcase, what_proves_reach);
  tcase_add_test(tcase, reach_is_of_those_sought);
  tcase_add_test(tcase, reach_of_the_first);
  return suite;
}

GST_CHECK_MAIN(reach)
