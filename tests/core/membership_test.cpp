// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/membership.h"

#include "introductions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

using Open = Neighbours;

// Rule: of two offers that cross exactly one is answered, that of the lower id.
GST_START_TEST(crossing_offers) {
  for (std::uint64_t other = 1; other < 20; ++other) {
    Membership a(settings(0)), b(settings(other));
    a.joined(start);
    b.joined(start);
    a.tracker_answered(start, {2, 30s, {peer(other)}});
    b.tracker_answered(start, {2, 30s, {peer(0)}});
    fail_unless_equals_int(a.step(start, {}).connect.size(), 1);
    fail_unless_equals_int(b.step(start, {}).connect.size(), 1);
    bool a_answers = a.offer_arrived(start, peer(other), 0);
    bool b_answers = b.offer_arrived(start, peer(0), 0);
    fail_unless(a_answers != b_answers);
    fail_unless(b_answers == (peer(0) < peer(other)));
  }
}
GST_END_TEST;

// Rule: nothing is announced before the CPS has told the RID; then at once, and again when the
// tracker wants it, give or take a fifth.
GST_START_TEST(announces) {
  Membership membership(settings(0));
  fail_if(membership.step(start, {}).announce);
  membership.joined(start);
  auto first = membership.step(start, {}).announce;
  fail_unless(first && first->event == Announce::Event::started && first->want == 32);
  fail_if(membership.step(start + 1s, {}).announce);
  membership.tracker_answered(start + 1s, {1, 30s, {}});
  fail_if(membership.step(start + 24s, {}).announce);
  auto second = membership.step(start + 38s, {}).announce;
  fail_unless(second && second->event == Announce::Event::update);
}
GST_END_TEST;

using Attempts = std::vector<std::pair<Time, PeerId>>;

/// Carries out attempts for so long, all of which end in the same way after ten seconds. The
/// tracker says `answer` every half minute.
static Attempts attempts(Membership& membership, Duration time, Membership::End end,
                         const TrackerAnswer& answer = {}) {
  Attempts all;
  std::size_t ended = 0;
  for (Duration at{}; at < time; at += 500ms) {
    auto now = start + at;
    if (at % 30s == 0s)
      membership.tracker_answered(now, answer);
    for (; ended < all.size() && now - all[ended].first >= 10s; ++ended)
      membership.closed(now, all[ended].second, end);
    auto step = membership.step(now, {});
    for (const auto& peer : step.connect)
      all.emplace_back(now, peer);
  }
  return all;
}

/// Seconds between attempts.
static std::vector<double> gaps(const Attempts& tries) {
  std::vector<double> out;
  for (std::size_t i = 1; i < tries.size(); ++i)
    out.push_back(seconds(tries[i].first - tries[i - 1].first));
  return out;
}

// Rule: a viewer that does not answer is tried a few times, ever later, and then no more unless
// the tracker still names it.
GST_START_TEST(connection_backoff) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.tracker_answered(start, {2, 600s, {peer(1)}});
  auto tries = attempts(membership, 590s, Membership::End::failed);
  fail_unless_equals_int(tries.size(), 4);
  auto waits = gaps(tries); // each with the ten seconds that an attempt takes
  fail_unless(waits[0] >= 18 && waits[0] <= 23, "%f", waits[0]);
  fail_unless(waits[1] >= 26 && waits[1] <= 35, "%f", waits[1]);
  fail_unless(waits[2] >= 42 && waits[2] <= 59, "%f", waits[2]);
  membership.tracker_answered(start + 590s, {2, 600s, {peer(1)}});
  fail_unless_equals_int(membership.step(start + 591s, {}).connect.size(), 1);
}
GST_END_TEST;

// Rule: however often the tracker names a viewer that cannot be reached, it is tried three times in
// the first ten minutes, for routers do not change their ways, and then every ten minutes.
GST_START_TEST(named_again_and_again) {
  Membership membership(settings(0));
  membership.joined(start);
  auto tries = attempts(membership, 3'600s, Membership::End::unreachable, {2, 30s, {peer(1)}});
  auto early = std::count_if(tries.begin(), tries.end(),
                             [](const auto& attempt) { return attempt.first < start + 600s; });
  fail_unless_equals_int(early, 3);
  fail_unless(tries.size() <= 13, "%zu", tries.size());
  fail_unless(gaps(tries).back() >= 480 && gaps(tries).back() <= 800);
}
GST_END_TEST;

// Rule: a viewer with no path to anybody tries two at a time, with pauses that grow to a minute,
// however many others there are; and it answers twelve at a time.
GST_START_TEST(no_path_to_anybody) {
  Membership membership(settings(0));
  membership.joined(start);
  auto tries = attempts(membership, 600s, Membership::End::unreachable, answer(1, 200, 200));
  fail_unless(tries.size() > 12, "%zu", tries.size());
  // Twelve every second until it is known that these come to nothing, then two at once: three
  // times when the tracker names others, and ever again after a minute.
  fail_unless(tries[11].first == start && tries[12].first == start + 1s);
  fail_unless(tries[23].first < start + 10s && tries[24].first >= start + 10s);
  auto waits = gaps(tries);
  for (std::size_t i = 24; i < waits.size(); i += 2)
    fail_unless(waits[i] == 0, "%zu: %f", i, waits[i]);
  for (std::size_t i = 31; i < waits.size(); i += 2)
    fail_unless(waits[i] >= 48 && waits[i] <= 73, "%zu: %f", i, waits[i]);
  fail_unless(tries.size() <= 24 + 2 * 14, "%zu", tries.size());
  auto now = start + 700s;
  membership.closed(now, tries.back().second, Membership::End::unreachable);
  unsigned answered = 0;
  for (std::uint8_t i = 0; i < 50; ++i)
    answered += membership.offer_arrived(now, peer(301 + i), 0);
  fail_unless(answered > 0 && answered <= 12, "%d", static_cast<int>(answered));
  membership.opened(peer(301));
  fail_unless(membership.offer_arrived(now, peer(399), 1));
}
GST_END_TEST;

// Rule: one path found, and the others are tried as at the beginning; who merely does not answer,
// or is full, says nothing about this viewer's network.
GST_START_TEST(one_path_found) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.tracker_answered(start, answer(1, 8, 60));
  for (const auto& peer : membership.step(start, {}).connect)
    membership.closed(start + 10s, peer, Membership::End::unreachable);
  membership.tracker_answered(start + 11s, answer(11, 40, 60));
  // Whom the tracker introduces now may be others than before; then there is a pause.
  fail_unless_equals_int(membership.step(start + 12s, {}).connect.size(), 2);
  fail_unless(membership.step(start + 15s, {}).connect.empty());
  membership.opened(peer(99));
  fail_unless(membership.step(start + 27s, {}).connect.size() >= 7);

  Membership other(settings(0));
  other.joined(start);
  other.tracker_answered(start, answer(1, 200, 200));
  for (auto now = start; now < start + 60s; now += 10s) {
    auto connect = other.step(now, {}).connect;
    fail_unless_equals_int(connect.size(), 12);
    for (const auto& peer : connect)
      other.closed(now + 1s, peer, Membership::End::failed);
  }
}
GST_END_TEST;

// Rule: there is a limit to how many viewers are known; who failed most often makes room, or
// who was named longest ago.
GST_START_TEST(room_for_the_new) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.tracker_answered(start, answer(1, 256, 400));
  membership.closed(start, peer(7), Membership::End::failed);
  membership.tracker_answered(start + 1s, answer(301, 2, 400));
  std::set<PeerId> tried;
  for (auto now = start; now < start + 300s; now += 2s)
    for (const auto& peer : membership.step(now, {}).connect) {
      tried.insert(peer);
      membership.closed(now, peer, Membership::End::failed);
    }
  fail_unless(tried.contains(peer(301)) && tried.contains(peer(302)));
  fail_if(tried.contains(peer(7)));
  fail_unless_equals_int(tried.size(), 256);
}
GST_END_TEST;

// Rule: no more connections are opened than max-peers, none to the banned or to oneself; a few more
// are accepted.
GST_START_TEST(places) {
  Membership membership(settings(0, 3));
  membership.joined(start);
  membership.ban(peer(1));
  membership.opened(peer(1)); // that was under way
  fail_unless(membership.step(start, {}).connect.empty());
  membership.tracker_answered(start, answer(0, 10, 10));
  auto connect = membership.step(start, {}).connect;
  fail_unless_equals_int(connect.size(), 3);
  for (const auto& id : connect)
    fail_if(id == peer(0) || id == peer(1));
  fail_if(membership.offer_arrived(start, peer(1), 0));
  fail_if(membership.offer_arrived(start, peer(0), 0));
  fail_unless(membership.offer_arrived(start, peer(101), 0));
  fail_unless(membership.offer_arrived(start, peer(102), 0));
  fail_if(membership.offer_arrived(start, peer(103), 0));
}
GST_END_TEST;

// Rule: who is silent, never shakes hands, or keeps failing to deliver is let go; when all places
// are taken, one with whom little is exchanged makes room for somebody new, now and then.
GST_START_TEST(eviction) {
  Membership membership(settings(0, 4));
  membership.joined(start);
  Open open;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    auto& neighbour = open.emplace(peer(i), Neighbour(peer(i), start)).first->second;
    neighbour.ready = i != 1;
    neighbour.heard(start + 30s);
    membership.opened(peer(i));
  }
  auto now = start + 6s;
  auto drop = membership.step(now, open).drop;
  fail_unless(drop.size() == 1 && drop[0].first == peer(1));
  open.at(peer(1)).ready = true;
  for (int i = 0; i < 4; ++i)
    open.at(peer(2)).failed_to_deliver(now);
  now += 2s;
  drop = membership.step(now, open).drop;
  fail_unless(drop.size() == 1 && drop[0].first == peer(2));
  open.at(peer(2)).ask(now, chunk_of(5, 0));
  open.at(peer(2)).delivered(now + 2s, chunk_of(5, 0), chunk_size); // no failures, but little
  for (std::uint64_t i : {1, 4})
    open.at(peer(i)).given(now, 9 * chunk_size);
  open.at(peer(3)).ask(now, chunk_of(5, 1));
  open.at(peer(3)).delivered(now + 2s, chunk_of(5, 1), 9 * chunk_size);
  now = start + 31s;
  fail_unless(membership.step(now, open).drop.empty());
  membership.tracker_answered(now, answer(9, 1, 6));
  drop = membership.step(now, open).drop;
  fail_unless(drop.size() == 1 && drop[0].first == peer(2), "%zu", drop.size());
  now = start + 46s;
  open.at(peer(3)).heard(now);
  open.at(peer(4)).heard(now);
  open.at(peer(2)).heard(now);
  drop = membership.step(now, open).drop;
  fail_unless(std::any_of(drop.begin(), drop.end(),
                          [](const auto& entry) { return entry.first == peer(1); }));
}
GST_END_TEST;

// Rule: with places left and nobody new to meet, those who are connected are the audience.
GST_START_TEST(the_audience) {
  Membership membership(settings(0));
  membership.joined(start);
  membership.tracker_answered(start, answer(1, 3, 40));
  fail_unless_equals_int(membership.audience({}), 40);
  membership.step(start, {});
  Open open;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    open.emplace(peer(i), Neighbour(peer(i), start));
    membership.opened(peer(i));
  }
  fail_unless_equals_int(membership.audience(open), 4);
  membership.tracker_answered(start, answer(1, 3, 40));
  fail_unless_equals_int(membership.audience(open), 4);
  membership.tracker_answered(start, answer(4, 1, 40));
  fail_unless_equals_int(membership.audience(open), 40);
}
GST_END_TEST;

// Rule: a viewer goes out for some of its places, for more of them when these do not give it what
// it needs, and accepts who comes until all are taken.
GST_START_TEST(some_places_are_left) {
  auto goes_out = [](unsigned max_peers, Duration short_every = 1h) {
    Membership membership(settings(0, max_peers));
    membership.joined(start);
    membership.tracker_answered(start, answer(1, 100, 200));
    Open open;
    for (auto now = start; now < start + 60s; now += 1s) {
      if ((now - start) % short_every == 0s)
        membership.fell_short(now);
      for (const auto& id : membership.step(now, open).connect) {
        auto& neighbour = open.emplace(id, Neighbour(id, now)).first->second;
        neighbour.ready = true;
        neighbour.heard(start + 60s);
        membership.opened(id);
      }
    }
    fail_unless(membership.offer_arrived(start + 60s, peer(150), open.size()));
    return open.size();
  };
  fail_unless_equals_int(goes_out(60), 22);
  fail_unless_equals_int(goes_out(60, 2s), 30);
  fail_unless_equals_int(goes_out(60, 10s), 22); // now and then is no need
  fail_unless_equals_int(goes_out(12), 12);
  fail_unless_equals_int(goes_out(3), 3);
}
GST_END_TEST;

static Suite* membership_suite() {
  auto* suite = suite_create("membership");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, crossing_offers);
  tcase_add_test(tcase, announces);
  tcase_add_test(tcase, connection_backoff);
  tcase_add_test(tcase, named_again_and_again);
  tcase_add_test(tcase, no_path_to_anybody);
  tcase_add_test(tcase, one_path_found);
  tcase_add_test(tcase, room_for_the_new);
  tcase_add_test(tcase, places);
  tcase_add_test(tcase, eviction);
  tcase_add_test(tcase, some_places_are_left);
  tcase_add_test(tcase, the_audience);
  return suite;
}

GST_CHECK_MAIN(membership)
