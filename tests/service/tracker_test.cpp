// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/memory_store.h"
#include "service/tracker.h"

#include "requests.h"

#include <algorithm>
#include <set>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive::service;
using namespace std::chrono_literals;
using requests::peer;
using requests::rid;

namespace {

struct Fixture {
  explicit Fixture(TrackerOptions options = {}, MemoryStore::Limits limits = {})
      : tracker(options, std::make_unique<MemoryStore>(limits, 1), 2) {}

  Introduction announce(std::uint32_t who, int second, Announce::Event event, double load = 0) {
    Announce announce;
    announce.rid = rid(1);
    announce.peer = peer(who);
    announce.event = event;
    announce.want = want;
    announce.free_slots = 5;
    announce.connected = connected;
    return tracker.announce(announce, Time(std::chrono::seconds(second)), load);
  }

  /// To all places of a large swarm; those are gone soon.
  void appoint() {
    for (std::uint32_t i = 0; i <= 2 * seed_places; ++i)
      announce(10'000 + i, 0, Announce::Event::started);
  }

  Tracker tracker;
  unsigned want = 30;
  unsigned connected = 0;
};

constexpr auto started = Announce::Event::started;
constexpr auto update = Announce::Event::update;
constexpr auto stopped = Announce::Event::stopped;

} // namespace

// Rule: who comes later meets who is there, and the population counts the asker.
GST_START_TEST(introductions) {
  Fixture f;
  auto early = f.announce(1, 0, started);
  fail_unless(early.peers.empty() && early.listed);
  fail_unless_equals_uint64(early.population, 1);
  auto late = f.announce(2, 1, started);
  fail_unless(late.peers == std::vector{peer(1)});
  fail_unless_equals_uint64(late.population, 2);
  fail_unless(f.announce(1, 30, update).peers == std::vector{peer(2)});
}
GST_END_TEST;

// Rule: who says that it stops is gone at once, and is told nobody.
GST_START_TEST(stopping) {
  Fixture f;
  f.announce(1, 0, started);
  f.announce(2, 0, started);
  auto bye = f.announce(1, 10, stopped);
  fail_unless(bye.peers.empty());
  fail_unless_equals_uint64(bye.population, 1);
  fail_unless(f.announce(2, 11, update).peers.empty());
}
GST_END_TEST;

// Rule: a viewer that was killed is gone after 75 s without an announce, not before.
GST_START_TEST(expiry) {
  Fixture f;
  f.announce(1, 0, started);
  fail_unless(f.announce(2, 74, started).peers == std::vector{peer(1)});
  auto later = f.announce(2, 75, update);
  fail_unless(later.peers.empty());
  fail_unless_equals_uint64(later.population, 1);
}
GST_END_TEST;

// Rule: an update of somebody who is not known (the tracker was restarted) lists it again.
GST_START_TEST(state_is_soft) {
  Fixture f;
  fail_unless_equals_uint64(f.announce(1, 0, update).population, 1);
  fail_unless(f.announce(2, 0, update).peers == std::vector{peer(1)});
}
GST_END_TEST;

// Rule: never more viewers than the tracker is set to give, whatever is asked for.
GST_START_TEST(no_more_than_the_limit) {
  Fixture f({.max_peers = 7});
  for (std::uint32_t i = 0; i < 50; ++i)
    f.announce(i, 0, started);
  f.want = 65'535;
  fail_unless_equals_uint64(f.announce(99, 0, started).peers.size(), 7);
  f.want = 3;
  fail_unless_equals_uint64(f.announce(99, 0, started).peers.size(), 3);
}
GST_END_TEST;

// Rule: the interval is 30 s, spread over 24 to 36 s so that a crowd does not come back as one; of
// the appointed of a large swarm it is a third of that.
GST_START_TEST(interval_is_spread) {
  Fixture f;
  f.appoint();
  std::set<long> seen;
  long sum = 0;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    auto interval = f.announce(i, 0, started).interval.count();
    fail_unless(interval >= 24 && interval <= 36, "interval %ld", static_cast<long>(interval));
    seen.insert(interval);
    sum += interval;
  }
  fail_unless(seen.size() >= 11);
  auto appointed = f.announce(10'000, 0, update).interval;
  fail_unless(appointed >= 8s && appointed <= 12s, "%ld s", static_cast<long>(appointed.count()));
  fail_unless(sum > 29'500 && sum < 30'500, "mean interval is %ld ms", sum);
}
GST_END_TEST;

// Rule: under load the interval grows, up to four times, and the expiry with it.
GST_START_TEST(load_lengthens_the_interval) {
  Fixture f;
  f.appoint();
  auto appointed = f.announce(10'000, 0, update, 1).interval;
  fail_unless(appointed >= 32s && appointed <= 48s, "%ld s", static_cast<long>(appointed.count()));
  fail_unless(f.announce(1, 0, started, 0.5).interval <= 36s);
  auto busy = f.announce(1, 0, update, 0.75).interval;
  fail_unless(busy >= 60s && busy <= 90s, "at 3/4 %ld s", static_cast<long>(busy.count()));
  auto full = f.announce(1, 0, update, 1).interval;
  fail_unless(full >= 96s && full <= 144s, "when full %ld s", static_cast<long>(full.count()));
  f.announce(10'000, 0, stopped);
  fail_unless(f.announce(2, 299, started).peers == std::vector{peer(1)}); // the others have expired
  fail_unless(f.announce(2, 300, started).peers.empty());
}
GST_END_TEST;

// Rule: near full load only those are introduced who are connected to nobody.
GST_START_TEST(the_lonely_first) {
  Fixture f;
  f.announce(1, 0, started);
  f.connected = 3;
  fail_unless(f.announce(2, 0, update, 0.9).peers.empty());
  fail_unless_equals_uint64(f.announce(2, 0, update, 0.7).peers.size(), 1);
  f.connected = 0;
  fail_unless_equals_uint64(f.announce(2, 0, update, 0.9).peers.size(), 1);
}
GST_END_TEST;

// Rule: when there is no memory left, newcomers meet others but are not listed.
GST_START_TEST(full) {
  Fixture f({}, {.viewers = 1, .swarms = 1});
  f.announce(1, 0, started);
  auto newcomer = f.announce(2, 0, started);
  fail_if(newcomer.listed);
  fail_unless(newcomer.peers == std::vector{peer(1)});
  fail_unless_equals_uint64(newcomer.population, 2);
  fail_unless_equals_uint64(f.tracker.store().viewers(), 1);
}
GST_END_TEST;

static Suite* tracker_suite() {
  auto* suite = suite_create("tracker");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, introductions);
  tcase_add_test(tcase, stopping);
  tcase_add_test(tcase, expiry);
  tcase_add_test(tcase, state_is_soft);
  tcase_add_test(tcase, no_more_than_the_limit);
  tcase_add_test(tcase, interval_is_spread);
  tcase_add_test(tcase, load_lengthens_the_interval);
  tcase_add_test(tcase, the_lonely_first);
  tcase_add_test(tcase, full);
  return suite;
}

GST_CHECK_MAIN(tracker)
