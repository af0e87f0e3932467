// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/memory_store.h"

#include "requests.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <set>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive::service;
using namespace std::chrono_literals;
using requests::peer;
using requests::rid;

namespace {

Time at(double seconds) {
  return Time(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

NetworkPrefix network(std::uint8_t third) {
  std::array<std::uint8_t, 4> address{10, 0, third, 1};
  return NetworkPrefix::of(address);
}

/// A network of its own for each viewer.
NetworkPrefix prefix(std::uint32_t number) {
  std::array<std::uint8_t, 4> address{20, static_cast<std::uint8_t>(number >> 8),
                                      static_cast<std::uint8_t>(number), 1};
  return NetworkPrefix::of(address);
}

TrackedViewer viewer(std::uint32_t number, double expires = 1000, std::uint16_t free_slots = 1) {
  return {peer(number), network(0), RegionId::unknown, 0, free_slots, 50, at(expires)};
}

Upserted add(MemoryStore& store, const TrackedViewer& who, double now = 0) {
  return store.upsert(rid(1), who, at(now));
}

std::vector<PeerId> sample(MemoryStore& store, std::uint32_t asker, unsigned want, double now = 0,
                           NetworkPrefix from = network(0)) {
  return store.sample(rid(1), {peer(asker), from, RegionId::unknown, want}, at(now));
}

std::uint32_t number(const PeerId& id) {
  return id.bytes[0] | id.bytes[1] << 8 | id.bytes[2] << 16 | id.bytes[3] << 24;
}

} // namespace

// Rule: everybody is met, once each, but never the asker.
GST_START_TEST(never_the_asker) {
  MemoryStore store({}, 1);
  for (std::uint32_t i = 0; i < 5; ++i)
    add(store, viewer(i));
  for (std::uint32_t asker = 0; asker < 5; ++asker) {
    auto met = sample(store, asker, 30);
    std::set<PeerId> unique(met.begin(), met.end());
    fail_unless_equals_uint64(met.size(), 4);
    fail_unless_equals_uint64(unique.size(), 4);
    fail_if(unique.contains(peer(asker)));
  }
  fail_unless(sample(store, 0, 0).empty());
  fail_unless(store.sample(rid(2), {peer(0), network(0), {}, 30}, at(0)).empty());
}
GST_END_TEST;

// Rule: who has no free slot is not handed out, and is again when it has one.
GST_START_TEST(never_without_a_free_slot) {
  MemoryStore store({}, 1);
  add(store, viewer(1, 1000, 0));
  add(store, viewer(2, 1000, 3));
  fail_unless(sample(store, 9, 30) == std::vector{peer(2)});
  add(store, viewer(2, 1000, 0));
  fail_unless(sample(store, 9, 30).empty());
  add(store, viewer(1, 1000, 1));
  fail_unless(sample(store, 9, 30) == std::vector{peer(1)});
  fail_unless_equals_uint64(store.population(rid(1)), 2);
}
GST_END_TEST;

// Rule: at its expiry a viewer is handed out no more, and within a second it is forgotten.
GST_START_TEST(expiry) {
  MemoryStore store({}, 1);
  add(store, viewer(1, 75.5));
  fail_unless_equals_uint64(sample(store, 9, 30, 75.4).size(), 1);
  fail_unless(sample(store, 9, 30, 75.5).empty());
  store.expire(at(75.4));
  fail_unless_equals_uint64(store.population(rid(1)), 1);
  store.expire(at(76));
  fail_unless_equals_uint64(store.population(rid(1)), 0);
  fail_unless_equals_uint64(store.viewers(), 0);
  fail_unless_equals_uint64(store.swarms(), 0);
}
GST_END_TEST;

// Rule: who announces again stays, however often; who stops doing so goes.
GST_START_TEST(announcing_again_keeps) {
  MemoryStore store({}, 1);
  for (int now = 0; now <= 300; now += 30) {
    store.expire(at(now));
    if (now <= 150)
      add(store, viewer(1, now + 75), now);
    add(store, viewer(2, now + 75), now);
    fail_unless_equals_uint64(store.population(rid(1)), now < 225 + 30 ? 2 - (now >= 225) : 1);
  }
}
GST_END_TEST;

// Rule: in a slot that is used again nothing is left of who had it, not even its expiry.
GST_START_TEST(reused_slots) {
  MemoryStore store({}, 1);
  add(store, viewer(1, 75));
  fail_unless(store.remove(rid(1), peer(1), network(0)));
  add(store, viewer(2, 200));
  store.expire(at(100));
  fail_unless_equals_uint64(store.population(rid(1)), 1);
  fail_unless(sample(store, 9, 30, 100) == std::vector{peer(2)});
}
GST_END_TEST;

// Rule: the bounds hold, and those inside are not touched by those who do not fit.
GST_START_TEST(bounds) {
  MemoryStore store({.viewers = 3, .swarms = 2}, 1);
  fail_unless(add(store, viewer(1)) == Upserted::stored);
  fail_unless(store.upsert(rid(2), viewer(1), at(0)) == Upserted::stored);
  fail_unless(store.upsert(rid(3), viewer(1), at(0)) == Upserted::full);
  fail_unless(add(store, viewer(2)) == Upserted::stored);
  fail_unless(add(store, viewer(3)) == Upserted::full);
  fail_unless(add(store, viewer(2)) == Upserted::stored);
  fail_unless_equals_uint64(store.viewers(), 3);
  fail_unless_equals_uint64(store.swarms(), 2);
  store.remove(rid(1), peer(2), network(0));
  fail_unless(add(store, viewer(3)) == Upserted::stored);
}
GST_END_TEST;

// Rule: an entry is changed and removed only from the network that made it, while it lasts.
GST_START_TEST(foreign_hands) {
  MemoryStore store({}, 1);
  add(store, viewer(1, 75));
  auto foreign = viewer(1, 500, 0);
  foreign.network = network(7);
  fail_unless(add(store, foreign, 10) == Upserted::foreign);
  fail_if(store.remove(rid(1), peer(1), network(7)));
  fail_unless(sample(store, 9, 30, 74) == std::vector{peer(1)});
  fail_unless(add(store, foreign, 75) == Upserted::stored); // it has roamed
}
GST_END_TEST;

// Rule: about a quarter comes from the asker's network where there are as many, and not more than
// chance adds.
GST_START_TEST(share_of_the_own_network) {
  MemoryStore store({}, 42);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto who = viewer(i);
    who.network = network(i < 100 ? 1 : 2 + i % 200);
    add(store, who);
  }
  std::size_t near = 0, all = 0;
  for (int i = 0; i < 300; ++i)
    for (const auto& met : sample(store, 99'999, 30, 0, network(1))) {
      near += number(met) < 100;
      ++all;
    }
  fail_unless_equals_uint64(all, 300 * 30);
  auto share = static_cast<double>(near) / static_cast<double>(all);
  fail_unless(share > 0.24 && share < 0.30, "share of the own network is %f", share);
}
GST_END_TEST;

// Rule: up to two thirds are the better of two random picks by upload, the rest is random. Of two
// random ones the better is of the better half with 3/4; so 2/3 * 3/4 + 1/3 * 1/2 = 0.667.
GST_START_TEST(better_of_two) {
  MemoryStore store({}, 42);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto who = viewer(i);
    who.upload_kbps = 1 + i;
    who.network = network(static_cast<std::uint8_t>(i % 200));
    add(store, who);
  }
  std::size_t better = 0, all = 0;
  for (int i = 0; i < 500; ++i)
    for (const auto& met : sample(store, 99'999, 30, 0, network(250))) {
      better += number(met) >= 5'000;
      ++all;
    }
  auto share = static_cast<double>(better) / static_cast<double>(all);
  fail_unless(share > 0.645 && share < 0.69, "share of the better half is %f", share);
}
GST_END_TEST;

// Rule: who uploads much meets others who do; who is hard to reach meets those who reach most.
GST_START_TEST(the_best_of_some) {
  MemoryStore store({}, 42);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto who = viewer(i);
    who.upload_kbps = i % 10 == 0 ? 16'000 : 500;
    who.reach = i % 7 == 0 ? 95 : 70;
    who.network = network(static_cast<std::uint8_t>(i % 200));
    add(store, who);
  }
  auto share_of = [&](std::uint32_t upload, std::uint8_t reach, auto good) {
    std::size_t is_good = 0, all = 0;
    for (int i = 0; i < 100; ++i)
      for (const auto& met : store.sample(
               rid(1), {peer(99'999), network(250), RegionId::unknown, 30, upload, reach}, at(0))) {
        is_good += good(number(met));
        ++all;
      }
    return static_cast<double>(is_good) / static_cast<double>(all);
  };
  auto strong = [](std::uint32_t who) { return who % 10 == 0; };
  auto open = [](std::uint32_t who) { return who % 7 == 0; };
  // 2/3 (1 - 0.9^8) + 1/3 0.1 = 0.41; 2/3 (1 - 0.9^2) + 1/3 0.1 = 0.16; 1 - (6/7)^24 = 0.975.
  auto by_strong = share_of(16'000, 50, strong), by_weak = share_of(500, 50, strong);
  fail_unless(by_strong > 0.36 && by_strong < 0.46, "%f", by_strong);
  fail_unless(by_weak > 0.12 && by_weak < 0.20, "%f", by_weak);
  auto by_hard = share_of(500, 15, open);
  fail_unless(by_hard > 0.96 && by_hard < 0.99, "%f", by_hard);
  // One in seventy is both; 1 - (69/70)^24 = 0.29, were it not for those drawn twice.
  auto both = share_of(500, 15, [&](std::uint32_t who) { return strong(who) && open(who); });
  fail_unless(both > 0.24 && both < 0.34, "%f", both);
  // To who can meet others, those of the strong whom nearly everybody can meet are worth a quarter:
  // 4 000 are less than 8 000, so fewer of those drawn are open than one in seven (0.143).
  auto strong_of_all = share_of(8'000, 50, strong);
  auto open_of_strong =
      share_of(8'000, 50, [&](std::uint32_t who) { return strong(who) && open(who); }) /
      strong_of_all;
  fail_unless(open_of_strong < 0.128, "%f", open_of_strong);
}
GST_END_TEST;

// Rule: of each RID some viewers are appointed, each to a place of its own: those who upload most
// and can be met by most, soon after they have announced themselves. A place is free again when its
// holder leaves or expires, and then goes to somebody of the same kind.
GST_START_TEST(the_appointed) {
  MemoryStore store({}, 1);
  auto announce = [&](std::uint32_t i, double now) {
    auto who = viewer(i, now + 75);
    who.network = prefix(i);
    who.upload_kbps = i % 10 == 0 ? 16'000 : 1'000;
    who.reach = i % 20 == 0 ? 90 : 10; // of the strong only every second one can be met
    return add(store, who, now);
  };
  auto holders = [&] {
    std::map<std::uint8_t, std::uint32_t> out;
    for (std::uint32_t i = 0; i < 1'000; ++i)
      if (auto place = store.seed_place(rid(1), peer(i))) {
        fail_unless(place <= seed_places);
        fail_unless(out.emplace(place, i).second, "two hold place %d", place);
      }
    return out;
  };
  for (std::uint32_t i = 1'000; i-- > 0;) // the weak ones first
    announce(i, 0);
  for (std::uint32_t i = 0; i < 1'000; ++i)
    announce(i, 30);
  auto appointed = holders();
  fail_unless_equals_uint64(appointed.size(), seed_places);
  for (auto [place, who] : appointed)
    fail_unless(who % 20 == 0, "%u", who);

  // They keep their places, and who has left is replaced by one as good.
  auto left = appointed.begin()->second;
  fail_unless(store.remove(rid(1), peer(left), prefix(left)));
  fail_unless_equals_uint64(holders().size(), seed_places - 1u);
  for (std::uint32_t i = 0; i < 1'000; ++i)
    if (i != left)
      announce(i, 60);
  auto later = holders();
  fail_unless_equals_uint64(later.size(), seed_places);
  for (auto [place, who] : later) {
    fail_unless(who % 20 == 0, "%u", who);
    fail_unless(place == appointed.begin()->first || who == appointed[place]);
  }
  fail_unless(store.seed_place(rid(1), peer(left)) == 0);
  fail_unless(store.seed_place(rid(2), peer(1)) == 0);
}
GST_END_TEST;

// Rule: who has become hard to reach gives its place back; who is much stronger takes one over.
GST_START_TEST(the_discharged) {
  MemoryStore store({}, 1);
  auto announce = [&](std::uint32_t i, std::uint32_t upload, std::uint8_t reach) {
    auto who = viewer(i);
    who.network = prefix(i);
    who.upload_kbps = upload;
    who.reach = reach;
    add(store, who);
    return store.seed_place(rid(1), who.id);
  };
  for (std::uint32_t i = 0; i < seed_places; ++i)
    fail_unless_equals_int(announce(i, 4'000, 90), static_cast<int>(i + 1));
  fail_unless_equals_int(announce(100, 7'000, 90), 0); // not worth two fetching for a while
  fail_unless(announce(101, 16'000, 90) > 0);
  fail_unless_equals_int(announce(7, 4'000, hard_to_reach - 1), 0);
  fail_unless(announce(102, 16'000, 90) > 0);
}
GST_END_TEST;

// Rule: of the asker's region come at least two thirds, and strangers fill the rest.
GST_START_TEST(share_of_the_region) {
  MemoryStore store({}, 42);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto who = viewer(i);
    who.network = network(static_cast<std::uint8_t>(i % 200));
    who.region = RegionId{i < 1'000 ? 5u : 6u};
    add(store, who);
  }
  std::size_t same = 0, all = 0;
  for (int i = 0; i < 300; ++i)
    for (const auto& met :
         store.sample(rid(1), {peer(99'999), network(250), RegionId{5}, 30}, at(0))) {
      same += number(met) < 1'000;
      ++all;
    }
  auto share = static_cast<double>(same) / static_cast<double>(all);
  fail_unless(share > 0.66 && share < 0.74, "share of the region is %f", share);
}
GST_END_TEST;

// Rule: everybody is met about equally often where nothing tells them apart.
GST_START_TEST(nobody_is_left_out) {
  MemoryStore store({}, 7);
  constexpr std::uint32_t count = 200;
  for (std::uint32_t i = 0; i < count; ++i)
    add(store, viewer(i));
  std::array<unsigned, count> met{};
  for (int i = 0; i < 2'000; ++i)
    for (const auto& id : sample(store, 99'999, 10))
      ++met[number(id)];
  auto [least, most] = std::minmax_element(met.begin(), met.end());
  fail_unless(*least > 60 && *most < 150, "met between %u and %u times, not 100", *least, *most);
}
GST_END_TEST;

// Rule: the same seed gives the same answers, another seed others.
GST_START_TEST(seeded) {
  auto run = [](std::uint64_t seed) {
    MemoryStore store({}, seed);
    for (std::uint32_t i = 0; i < 1'000; ++i)
      add(store, viewer(i));
    return sample(store, 1, 30);
  };
  fail_unless(run(5) == run(5));
  fail_if(run(5) == run(6));
}
GST_END_TEST;

// Rule: the lists agree with each other after any sequence of calls: nobody is met who is gone or
// full, and everybody else can be.
GST_START_TEST(lists_agree) {
  MemoryStore store({}, 3);
  Random random(11);
  std::array<int, 50> slots{}; // -1: not there
  slots.fill(-1);
  for (int step = 0; step < 5'000; ++step) {
    auto who = random.below(50);
    auto entry = viewer(who, 1'000'000, static_cast<std::uint16_t>(random.below(3)));
    entry.network = network(static_cast<std::uint8_t>(who % 5));
    entry.region = RegionId{who % 3};
    if (random.below(3) > 0) {
      add(store, entry);
      slots[who] = entry.free_slots;
    } else {
      fail_unless_equals_int(store.remove(rid(1), entry.id, entry.network), slots[who] >= 0);
      slots[who] = -1;
    }
    auto met = store.sample(rid(1), {peer(who), entry.network, entry.region, 50}, at(0));
    std::size_t open = 0;
    for (std::uint32_t i = 0; i < slots.size(); ++i)
      open += i != who && slots[i] > 0;
    fail_unless_equals_uint64(met.size(), open);
    for (const auto& id : met)
      fail_unless(slots[number(id)] > 0);
  }
}
GST_END_TEST;

// Rule: an announce does not go through the swarm. In one of 200 000 it may take forty times the
// time of one in 500 (its memory is in no cache), not four hundred times.
GST_START_TEST(large_swarms_are_as_fast) {
  auto cpu_time = [](std::uint32_t viewers) {
    MemoryStore store({}, 1);
    for (std::uint32_t i = 0; i < viewers; ++i) {
      auto who = viewer(i);
      who.network = network(static_cast<std::uint8_t>(i));
      add(store, who);
    }
    auto begin = std::clock();
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      add(store, viewer(i * 7 % viewers, 1000, i % 2));
      sample(store, i, 30);
      store.expire(at(1));
    }
    return std::clock() - begin;
  };
  fail_unless(cpu_time(200'000) < 40 * cpu_time(500));
}
GST_END_TEST;

// Rule: networks are /24 and /48; an IPv4 address mapped into IPv6 is the IPv4 one.
GST_START_TEST(network_prefixes) {
  using Four = std::array<std::uint8_t, 4>;
  using Sixteen = std::array<std::uint8_t, 16>;
  auto v4 = NetworkPrefix::of(Four{192, 0, 2, 1});
  fail_unless(v4 == NetworkPrefix::of(Four{192, 0, 2, 250}));
  fail_if(v4 == NetworkPrefix::of(Four{192, 0, 3, 1}));
  fail_unless(v4 ==
              NetworkPrefix::of(Sixteen{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 9}));
  auto v6 = NetworkPrefix::of(Sixteen{0x20, 1, 0xd, 0xb8, 0, 1, 0, 1});
  fail_unless(v6 == NetworkPrefix::of(Sixteen{0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 7}));
  fail_if(v6 == NetworkPrefix::of(Sixteen{0x20, 1, 0xd, 0xb8, 0, 2, 0, 1}));
  fail_unless(NetworkPrefix::of({}) == NetworkPrefix{});
}
GST_END_TEST;

// Rule: one network holds one place, and nobody is so strong that it cannot be outdone.
GST_START_TEST(made_up_strength) {
  MemoryStore store({}, 1);
  auto holders = [&] {
    std::size_t places = 0;
    for (std::uint32_t i = 0; i < 50; ++i)
      places += store.seed_place(rid(1), peer(i)) > 0;
    return places;
  };
  for (std::uint32_t i = 0; i < 50; ++i) {
    auto who = viewer(i);
    who.upload_kbps = 4'000'000'000;
    who.reach = 40;
    add(store, who);
  }
  fail_unless_equals_uint64(holders(), 1);
  for (std::uint32_t i = 100; i < 120; ++i) {
    auto who = viewer(i);
    who.network = prefix(i);
    who.upload_kbps = 100'000;
    who.reach = 85;
    add(store, who);
  }
  fail_unless_equals_uint64(holders(), 0);
}
GST_END_TEST;

static Suite* memory_store_suite() {
  auto* suite = suite_create("memory_store");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, never_the_asker);
  tcase_add_test(tcase, never_without_a_free_slot);
  tcase_add_test(tcase, expiry);
  tcase_add_test(tcase, announcing_again_keeps);
  tcase_add_test(tcase, reused_slots);
  tcase_add_test(tcase, bounds);
  tcase_add_test(tcase, foreign_hands);
  tcase_add_test(tcase, share_of_the_own_network);
  tcase_add_test(tcase, better_of_two);
  tcase_add_test(tcase, the_best_of_some);
  tcase_add_test(tcase, the_appointed);
  tcase_add_test(tcase, the_discharged);
  tcase_add_test(tcase, made_up_strength);
  tcase_add_test(tcase, share_of_the_region);
  tcase_add_test(tcase, nobody_is_left_out);
  tcase_add_test(tcase, seeded);
  tcase_add_test(tcase, lists_agree);
  tcase_add_test(tcase, large_swarms_are_as_fast);
  tcase_add_test(tcase, network_prefixes);
  return suite;
}

GST_CHECK_MAIN(memory_store)
