// What is given unasked: to whom, and how much.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/push.h"

#include "core/push_allowance.h"

#include "company.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace {

// Those that a chunk could be pushed to.

Neighbours company(std::uint64_t count, std::uint32_t kilobits) {
  Neighbours out;
  for (std::uint64_t n = 0; n < count; ++n) {
    auto& one = out.emplace(peer(n), Neighbour(peer(n), start)).first->second;
    one.ready = one.hears_pushes = true;
    one.tells_uplink(kilobits);
    HaveMessage have;
    have.newest_listed = SequenceNumber{5};
    one.learn(have);
  }
  return out;
}

std::set<PeerId> receivers(const Neighbours& all, std::uint64_t sn = 5, std::uint32_t chunk = 0) {
  auto out = push_receivers(peer(99), all, chunk_of(sn, chunk), 250'000);
  return {out.begin(), out.end()};
}

// What a viewer gives.

/// Chunks that a viewer of this kind pushes in twenty seconds.
std::size_t pushes(const Company::Kind& kind) {
  Company all(kind);
  all.cdn.sent.clear();
  all.run_for(20s);
  return all.pushed().size();
}

/// Of a new segment, of which it has begun to fetch its own part when a neighbour says that it has
/// it, or nobody does.
std::size_t pushes_its_own(bool somebody_has_it) {
  Company all(Company::Kind{.uplink = 0});
  all.cdn.latency = 100ms;
  auto fetches_it = [&] {
    return std::ranges::count(all.cdn.fetched, SequenceNumber{all.newest()}, &Fetch::sn) > 0;
  };
  do
    all.run_until_listed();
  while (!fetches_it());
  auto fast = all.nothing();
  fast.uplink = 8'000;
  for (std::uint64_t n = 2; n < 2 + neighbours; ++n)
    all.say(n, fast);
  if (somebody_has_it)
    all.has(2, {{0, chunk_count(VirtualCdn::size)}});
  auto sn = all.newest();
  all.run_for(500ms);
  auto pushed = all.pushed();
  return static_cast<std::size_t>(std::ranges::count_if(
      pushed, [&](const auto& one) { return number(one.second.object.sn) == sn; }));
}

} // namespace

// Rule: a chunk is pushed to the three who upload fastest; among equals, each in its turn.
GST_START_TEST(to_the_fastest) {
  auto all = company(10, 4'000);
  for (std::uint64_t n : {3, 7})
    all.at(peer(n)).tells_uplink(8'000);
  std::set<PeerId> thirds;
  for (std::uint32_t chunk = 0; chunk < 50; ++chunk) {
    auto three = receivers(all, 5, chunk);
    fail_unless(three.size() == 3 && three.contains(peer(3)) && three.contains(peer(7)));
    thirds.insert(three.begin(), three.end());
  }
  fail_unless_equals_int(static_cast<int>(thirds.size()), 10);
}
GST_END_TEST;

// Rule: not to who is slow or does not know whether it is, is hard to reach, does not upload, has
// the chunk, is far behind, or would not know what a push is.
GST_START_TEST(not_to_the_others) {
  void (*const unfit[])(Neighbour&) = {
      [](Neighbour& one) { one.tells_uplink(1'000); },
      [](Neighbour& one) { one = Neighbour(one.id(), start); },
      [](Neighbour& one) { one.tells_reach(39); },
      [](Neighbour& one) { one.uploads = false; },
      [](Neighbour& one) { one.hears_pushes = false; },
      [](Neighbour& one) { one.ready = false; },
      [](Neighbour& one) {
        HaveMessage have;
        have.newest_listed = SequenceNumber{5};
        have.objects = {{chunk_of(5, 0).object, chunk_size, {{0, 1}}}};
        one.learn(have);
      },
      [](Neighbour& one) {
        HaveMessage have;
        have.newest_listed = SequenceNumber{3};
        one.learn(have);
      }};
  int which = 0;
  for (auto make_unfit : unfit) {
    auto all = company(2, 4'000);
    fail_unless_equals_int(static_cast<int>(receivers(all).size()), 2);
    make_unfit(all.at(peer(0)));
    fail_unless(receivers(all) == std::set{peer(1)}, "case %d", which++);
  }
  auto all = company(2, 4'000);
  fail_unless(receivers(all, 6).size() == 2, "most have yet to say that they know the segment");
  fail_unless(receivers(all, 7).empty());
}
GST_END_TEST;

// Rule: who pushes as much as it may is never taken for one that pushes too much, as long as the
// two agree on the bitrate within a half; what goes on is a quarter of the stream at most where
// it is of no use.
GST_START_TEST(allowances) {
  for (double bitrate : {8'000., 250'000., 5'000'000.}) {
    PushAllowance given(share_to_push), taken(share_put_up_with), useless(share_put_up_with);
    int sent = 0, refused = 0, wasted = 0;
    for (auto now = start; now < start + 100s; now += 2ms) {
      if (given.take(now, 1, bitrate)) {
        ++sent;
        refused += !taken.take(now, 1, bitrate / 1.5);
      }
      wasted += useless.take(now, useless_push, bitrate);
    }
    auto chunks = std::max(bitrate / chunk_size * 100, 400.);
    fail_unless_equals_int(refused, 0);
    fail_unless(sent >= chunks * 0.24 && sent <= chunks * 0.26 + 4, "%d", sent);
    fail_unless(wasted <= chunks / 4 + 4, "%d", wasted);
  }
}
GST_END_TEST;

// Rule: what came from the CDN and nobody near has is pushed, to three viewers at most, who have
// been told how large the segment is by then.
GST_START_TEST(what_is_new_is_pushed) {
  Company all;
  auto pushed = all.pushed();
  fail_unless(!pushed.empty());
  for (const auto& push : pushed) {
    const auto& to = push.first;
    const auto& name = push.second;
    auto copies = std::ranges::count(
        pushed, name, [](const auto& one) -> const ChunkName& { return one.second; });
    fail_unless(copies <= 3);
    bool named = false;
    for (const auto& send : all.cdn.sent) {
      std::string reason;
      auto bytes = send.header;
      bytes.insert(bytes.end(), send.size, 0);
      auto message = decode(bytes, reason);
      if (send.to != to || !message)
        continue;
      if (auto* have = std::get_if<HaveMessage>(&*message))
        named |= std::ranges::any_of(have->objects, [&](const ObjectHave& object) {
          return object.object == name.object && object.size == VirtualCdn::size;
        });
      auto* piece = std::get_if<PieceMessage>(&*message);
      if (piece && piece->pushed && piece->chunk == name)
        break;
    }
    fail_unless(named);
  }
}
GST_END_TEST;

// Rule: what a neighbour has, or an audience of up to 32, or neighbours of an older version, or
// neighbours of who does not upload, are given nothing unasked.
GST_START_TEST(nobody_is_pushed_to) {
  fail_unless(pushes({}) > 0);
  fail_unless(pushes({33}) > 0);
  fail_unless_equals_int(static_cast<int>(pushes({32})), 0);
  fail_unless_equals_int(static_cast<int>(pushes({100, 1})), 0);
  Company::Kind silent;
  silent.settings.upload_limit = 0;
  fail_unless_equals_int(static_cast<int>(pushes(silent)), 0);
  Company::Kind shares;
  shares.settings.seed_share = 0.15;
  fail_unless_equals_int(static_cast<int>(pushes(shares)), 0);
  fail_unless(pushes_its_own(false) > 0);
  fail_unless_equals_int(static_cast<int>(pushes_its_own(true)), 0);
}
GST_END_TEST;

// Rule: what is not new is not pushed: who begins far behind live fetches what others have played.
GST_START_TEST(what_is_old) {
  Company::Kind behind;
  behind.settings.start_offset = 0s;
  Company all(behind);
  auto newest_at_first = VirtualCdn(one_of_many(neighbours)).first_number + 100 / 2 - 1;
  auto is_old = [&](SequenceNumber sn) { return number(sn) + 1 < newest_at_first; };
  fail_unless(std::ranges::any_of(all.cdn.fetched, is_old, &Fetch::sn));
  auto pushed = all.pushed();
  fail_if(pushed.empty());
  for (const auto& one : pushed)
    fail_if(is_old(one.second.object.sn), "%d", static_cast<int>(number(one.second.object.sn)));
}
GST_END_TEST;

// Rule: a request that crosses what is pushed is not answered again; one that follows it, or a
// Cancel, is.
GST_START_TEST(crossing_requests) {
  for (bool cancels : {false, true}) {
    Company all;
    all.cdn.sent.clear();
    all.run_until_pushed();
    auto [to, name] = all.pushed().front();
    auto who = std::uint64_t{2};
    while (peer(who) != to)
      ++who;
    if (cancels)
      all.say(who, CancelMessage{name});
    for (auto expected : {cancels ? 2 : 1, cancels ? 3 : 2}) {
      all.say(who, RequestMessage{name, 5'000ms, 0});
      all.run_for(300ms);
      fail_unless_equals_int(static_cast<int>(all.pieces(to, name)), expected);
    }
    fail_unless(all.cdn.said<BusyMessage>().empty());
  }
}
GST_END_TEST;

// Rule: who says that it has no use for what was pushed is left alone for five seconds.
GST_START_TEST(no_use_for_it) {
  Company all;
  all.cdn.sent.clear();
  all.run_until_pushed();
  auto [to, name] = all.pushed().front();
  auto who = std::uint64_t{2};
  while (peer(who) != to)
    ++who;
  auto count = [&] {
    return std::ranges::count(all.pushed(), to, [](const auto& one) { return one.first; });
  };
  all.say(who, CancelMessage{name});
  all.cdn.sent.clear();
  all.run_for(4900ms);
  fail_unless(count() == 0 && !all.pushed().empty());
  all.run_for(20s);
  fail_unless(count() > 0);
}
GST_END_TEST;

static Suite* push_suite() {
  auto* suite = suite_create("push");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, to_the_fastest);
  tcase_add_test(tcase, not_to_the_others);
  tcase_add_test(tcase, allowances);
  tcase_add_test(tcase, what_is_new_is_pushed);
  tcase_add_test(tcase, nobody_is_pushed_to);
  tcase_add_test(tcase, what_is_old);
  tcase_add_test(tcase, crossing_requests);
  tcase_add_test(tcase, no_use_for_it);
  return suite;
}

GST_CHECK_MAIN(push)
