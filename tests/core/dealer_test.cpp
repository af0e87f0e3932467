// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/dealer.h"

#include "core_test.h"

#include <algorithm>
#include <map>

namespace {

/// A viewer that has the first `chunks` chunks of segment 5.
Neighbour holder(std::uint64_t number, std::uint32_t chunks) {
  Neighbour neighbour(peer(number), start);
  neighbour.ready = true;
  HaveMessage have;
  have.oldest = have.newest_listed = SequenceNumber{5};
  have.objects.push_back({chunk_of(5, 0).object, 20 * chunk_size, {{0, chunks}}});
  neighbour.learn(have);
  return neighbour;
}

std::vector<Card> cards(std::uint32_t count, Duration left) {
  std::vector<Card> out;
  for (std::uint32_t chunk = 0; chunk < count; ++chunk)
    out.push_back({chunk_of(5, chunk), chunk_size, start + left});
  return out;
}

/// To everybody at the table.
std::vector<Dealt> deal(Time now, const std::vector<Card>& cards, const Neighbours& table,
                        const Asker& asker) {
  std::vector<const Neighbour*> viewers;
  for (const auto& [id, neighbour] : table)
    viewers.push_back(&neighbour);
  std::ranges::reverse(viewers); // in whatever order
  return p2plive::core::deal(now, cards, viewers, asker);
}

} // namespace

// Rule: cards go out in the order given, viewers in turn.
GST_START_TEST(in_turn) {
  Neighbours table;
  for (std::uint64_t i = 0; i < 3; ++i)
    table.emplace(peer(i), holder(i, 20));
  auto dealt = deal(start, cards(6, 5s), table, {});
  fail_unless_equals_int(dealt.size(), 6);
  for (auto& [id, neighbour] : table)
    neighbour.tells_reach(95);
  auto among_the_open = deal(start, cards(6, 5s), table, {70});
  fail_unless(std::ranges::equal(dealt, among_the_open, {}, &Dealt::peer, &Dealt::peer));
  std::map<PeerId, int> each;
  for (std::size_t i = 0; i < dealt.size(); ++i) {
    fail_unless(dealt[i].chunk == chunk_of(5, static_cast<std::uint32_t>(i)));
    ++each[dealt[i].peer];
  }
  for (const auto& [id, count] : each)
    fail_unless_equals_int(count, 2);
}
GST_END_TEST;

// Rule: nobody is asked for what it does not have, nor who is busy, not ready or does not upload.
GST_START_TEST(only_who_can) {
  Neighbours table;
  table.emplace(peer(0), holder(0, 2));
  auto& busy = table.emplace(peer(1), holder(1, 20)).first->second;
  busy.is_busy(start, 1s);
  table.emplace(peer(2), holder(2, 20)).first->second.ready = false;
  table.emplace(peer(3), holder(3, 20)).first->second.uploads = false;
  auto dealt = deal(start, cards(4, 5s), table, {});
  fail_unless_equals_int(dealt.size(), 2);
  for (const auto& d : dealt)
    fail_unless(d.peer == peer(0));
  fail_unless_equals_int(deal(start + 1s, cards(4, 6s), table, {}).size(), 4);
}
GST_END_TEST;

// Rule: a viewer gets no more than it can deliver before the chunk is needed, behind what it owes.
GST_START_TEST(within_the_deadline) {
  Neighbours table;
  auto& only = table.emplace(peer(0), holder(0, 20)).first->second;
  auto one = only.expected(chunk_size);
  auto three = only.expected(3 * chunk_size);
  fail_unless_equals_int(deal(start, cards(6, one), table, {}).size(), 1);
  fail_unless_equals_int(deal(start, cards(6, three), table, {}).size(), 3);
  fail_unless_equals_int(deal(start, cards(6, one - 1ms), table, {}).size(), 0);
  only.ask(start, chunk_of(5, 19));
  fail_unless_equals_int(deal(start, cards(6, three), table, {}).size(), 2);
}
GST_END_TEST;

// Rule: viewers that nearly everybody can be connected with are asked last by those who can ask
// others, and in turn by who is hard to reach.
GST_START_TEST(the_open_are_spared) {
  Neighbours table;
  for (std::uint64_t i = 0; i < 3; ++i)
    table.emplace(peer(i), holder(i, 20));
  table.at(peer(1)).tells_reach(95);
  for (const auto& d : deal(start, cards(4, 5s), table, {70}))
    fail_if(d.peer == peer(1));
  table.at(peer(0)).has_not(chunk_of(5, 2));
  table.at(peer(2)).has_not(chunk_of(5, 2));
  auto dealt = deal(start, cards(4, 5s), table, {70});
  fail_unless_equals_int(dealt.size(), 4);
  fail_unless(dealt[2].peer == peer(1), "nobody else has it");
  int asked = 0;
  for (const auto& d : deal(start, cards(6, 5s), table, {15}))
    asked += d.peer == peer(1);
  fail_unless(asked >= 2, "%d", asked);
}
GST_END_TEST;

// Rule: who uploads less than it takes asks them only when time runs short, even where nobody else
// has the chunk; who is hard to reach asks them at once.
GST_START_TEST(the_slow_can_wait) {
  Neighbours table;
  table.emplace(peer(1), holder(1, 20)).first->second.tells_reach(95);
  fail_unless_equals_int(deal(start, cards(4, 5s), table, {70, true}).size(), 0);
  fail_unless_equals_int(deal(start, cards(4, 5s), table, {70, false}).size(), 4);
  fail_unless_equals_int(deal(start, cards(4, 5s), table, {15, true}).size(), 4);
  fail_unless_equals_int(deal(start, cards(1, asked_at_last), table, {70, true}).size(), 1);
}
GST_END_TEST;

// Rule: who can be met by few has nobody else to give to: it is asked before others, though these
// are somewhat better.
GST_START_TEST(the_hard_to_reach_give) {
  Neighbours table;
  for (std::uint64_t i = 0; i < 3; ++i)
    table.emplace(peer(i), holder(i, 20)).first->second.tells_uplink(i == 2 ? 2'000 : 4'000);
  table.at(peer(2)).tells_reach(15);
  fail_unless(deal(start, cards(1, 5s), table, {70}).front().peer == peer(2));
}
GST_END_TEST;

static Suite* dealer_suite() {
  auto* suite = suite_create("dealer");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_turn);
  tcase_add_test(tcase, only_who_can);
  tcase_add_test(tcase, within_the_deadline);
  tcase_add_test(tcase, the_open_are_spared);
  tcase_add_test(tcase, the_slow_can_wait);
  tcase_add_test(tcase, the_hard_to_reach_give);
  return suite;
}

GST_CHECK_MAIN(dealer)
