// What the receiver makes of what is given unasked.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "company.h"

#include <algorithm>
#include <cstdint>
#include <vector>

// Rule: what is pushed is kept and told of like what was asked for; who was asked for it meanwhile
// need not send it any more, and nobody is asked again.
GST_START_TEST(it_is_kept) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{0, 4}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1 && all.cancels(2, name) == 0);
  auto duplicates = all.cdn.swarm.statistics().duplicate_bytes;
  all.push(3, name);
  fail_unless(all.cancels(2, name) == 1 && all.cancels(3, name) == 0);
  all.run_for(500ms);
  fail_unless(all.announces(name));
  fail_unless_equals_int(static_cast<int>(all.requests(name)), 1);
  fail_unless_equals_uint64(all.cdn.swarm.statistics().duplicate_bytes, duplicates);
  all.push(3, name);
  fail_unless_equals_uint64(all.cdn.swarm.statistics().duplicate_bytes, duplicates + chunk_size);
  fail_unless(all.cancels(3, name) == 0 && all.cdn.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: what has been asked for meanwhile is an answer, however much was pushed before.
GST_START_TEST(it_answers_a_request) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{3, 1}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1);
  for (std::uint32_t i = 0; i < 3; ++i)
    all.push(2, all.chunk(all.newest() + 1, i));
  all.push(2, name);
  all.run_for(1s);
  fail_unless(all.announces(name) && all.cancels(2, name) == 0 && all.requests(name) == 1);
}
GST_END_TEST;

// Rule: a piece that crosses our cancel is taken where it is still lacked, and is no offence.
GST_START_TEST(crossing_pieces) {
  Company all(Company::Kind{.place = 0});
  all.cdn.latency = 1h;
  all.run_until_listed();
  auto name = all.chunk(all.newest(), 3);
  all.has(2, {{3, 1}});
  all.run_for(50ms);
  fail_unless(all.requests(name) == 1 && all.cancels(2, name) == 0);
  for (auto end = all.cdn.now + 10s; all.cancels(2, name) == 0; all.run_for(50ms))
    fail_unless(all.cdn.now < end);
  fail_if(all.announces(name));
  std::vector<std::uint8_t> media(chunk_size, 1);
  all.say(2, PieceMessage{name, media}, media);
  all.run_for(500ms);
  fail_unless(all.announces(name));
  for (int i = 0; i < 21; ++i) {
    fail_unless(all.cdn.said<ByeMessage>().empty());
    all.say(2, PieceMessage{name, media}, media);
  }
  fail_unless_equals_int(static_cast<int>(all.cdn.said<ByeMessage>().size()), 1);
}
GST_END_TEST;

// Rule: a segment that is not known here, or whose size is not, or that is another version, is no
// offence of who pushes it in good faith; it is told that it is of no use.
GST_START_TEST(what_is_not_known_is_tolerated) {
  Company all(Company::Kind{.place = 0});
  for (int segments = 0; segments < 40; ++segments) {
    all.run_until_listed();
    auto later = all.chunk(all.newest() + 1, 0);
    auto unnamed = all.chunk(all.newest(), 0);
    auto other = chunk_of(all.newest(), 0);
    for (const auto& name : {later, unnamed, other}) {
      all.push(static_cast<std::uint64_t>(segments % 2 + 3), name);
      fail_unless(all.cancels(static_cast<std::uint64_t>(segments % 2 + 3), name) == 1);
      all.run_for(600ms);
    }
  }
  fail_unless(all.cdn.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: what could be pushed in bursts, with a pause after each that was of no use, is no offence.
GST_START_TEST(bursts_are_tolerated) {
  Company bursts(Company::Kind{.place = 0});
  for (int pauses = 0; pauses < 50; ++pauses) {
    for (std::uint32_t chunk = 0; chunk < 4; ++chunk)
      bursts.push(3, bursts.chunk(bursts.newest() + 1, chunk));
    bursts.run_for(5s);
  }
  fail_unless(bursts.cdn.said<ByeMessage>().empty());
}
GST_END_TEST;

// Rule: what is coming from the CDN is not taken from who pushes it.
GST_START_TEST(what_is_under_way) {
  Company all(Company::Kind{.place = 0});
  all.cdn.latency = 200ms;
  auto under_way = [&] {
    return !all.cdn.fetched.empty() && number(all.cdn.fetched.back().sn) + 2 <= all.newest();
  };
  all.cdn.fetched.clear();
  while (!under_way())
    all.run_for(all.cdn.step);
  auto fetch = all.cdn.fetched.back();
  auto chunk = static_cast<std::uint32_t>(fetch.first / chunk_size);
  auto before = all.cdn.swarm.statistics();
  all.push(3, all.chunk(number(fetch.sn), chunk));
  auto after = all.cdn.swarm.statistics();
  fail_unless_equals_uint64(after.duplicate_bytes - before.duplicate_bytes, chunk_size);
}
GST_END_TEST;

// Rule: of what is more than could be pushed in good faith nothing is kept, and who goes on with it
// is dropped; at once who pushes a piece of a wrong length.
GST_START_TEST(too_much) {
  Company all(Company::Kind{.place = 0});
  all.run_until_listed();
  all.has(2, {});
  auto here = all.cdn.swarm.statistics().duplicate_bytes;
  for (std::uint32_t chunk = 0; chunk < 15; ++chunk)
    all.push(2, all.chunk(all.newest(), chunk));
  auto refused = (all.cdn.swarm.statistics().duplicate_bytes - here) / chunk_size;
  fail_unless(refused >= 6 && refused <= 8, "%d", static_cast<int>(refused));
  fail_unless(all.cdn.said<ByeMessage>().empty());
  for (int i = 0; i < 20; ++i)
    all.push(2, all.chunk(all.newest(), 0));
  auto byes = all.cdn.said<ByeMessage>();
  fail_unless(byes.size() == 1 && byes.front().first == peer(2));
  all.push(3, all.chunk(all.newest(), 14), 100);
  byes = all.cdn.said<ByeMessage>();
  fail_unless(byes.size() == 2 && byes.back().first == peer(3));
}
GST_END_TEST;

// Rule: who speaks an older version may push nothing.
GST_START_TEST(older_ones_may_not) {
  Company all(Company::Kind{.minor = 1, .place = 0});
  all.run_until_listed();
  all.has(2, {});
  auto name = all.chunk(all.newest(), 3);
  for (int i = 0; i < 21; ++i) {
    fail_unless(all.cdn.said<ByeMessage>().empty());
    all.push(2, name);
  }
  fail_unless(all.cdn.said<ByeMessage>().size() == 1 && !all.announces(name));
}
GST_END_TEST;

static Suite* pushed_suite() {
  auto* suite = suite_create("pushed");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, it_is_kept);
  tcase_add_test(tcase, it_answers_a_request);
  tcase_add_test(tcase, crossing_pieces);
  tcase_add_test(tcase, what_is_not_known_is_tolerated);
  tcase_add_test(tcase, bursts_are_tolerated);
  tcase_add_test(tcase, what_is_under_way);
  tcase_add_test(tcase, too_much);
  tcase_add_test(tcase, older_ones_may_not);
  return suite;
}

GST_CHECK_MAIN(pushed)
