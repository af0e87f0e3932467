// Real viewers of a real stream, of whom one reaches nobody, and one loses everybody.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "audience.h"
#include "nat_main.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Access;
using test::Audience;
using test::Spectator;
using Clock = std::chrono::steady_clock;
using Kind = viewer::Signal::Kind;

namespace {

constexpr int others = 9; ///< more than are tried at once

/// From the moment it plays: it has gone on at the stream's pace, and without a flaw.
void played_on(const char* name, const Spectator& spectator, const test::Report& before,
               Clock::duration time) {
  auto& now = spectator.report();
  auto segments = now.segments - before.segments;
  fail_unless(now.flaws == 0, "%s: %d flaws", name, int(now.flaws));
  fail_unless(now.starved == before.starved, "%s starved", name);
  fail_unless(segments + 2 >= std::uint64_t(time / 1s), "%s: %d segments in %d s", name,
              int(segments), int(time / 1s));
}

struct Tries {
  int own = 0;      ///< offers of the viewer
  int received = 0; ///< offers that it got
  int most = 0;     ///< from one other viewer
};

Tries tries(const Audience& audience, const std::string& id, Clock::time_point since) {
  Tries out;
  std::map<std::string, int> from;
  for (const auto& signal : audience.signals()) {
    if (signal.kind != Kind::offer || signal.when < since)
      continue;
    out.own += signal.from == id;
    if (signal.to == id)
      out.most = std::max(out.most, ++from[signal.from]);
    out.received += signal.to == id;
  }
  return out;
}

Clock::time_point first_offer(const Audience& audience, const std::string& id) {
  for (const auto& signal : audience.signals())
    if (signal.kind == Kind::offer && (signal.from == id || signal.to == id))
      return signal.when;
  return Clock::time_point::max();
}

void cut_off(Audience& audience, test::Site& site, const Spectator& spectator) {
  site.block_udp();
  auto begin = Clock::now();
  fail_unless(audience.until([&] { return spectator.report().peers == 0; }, 8s), "not noticed");
  auto noticed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("UDP blocked in the middle: noticed after %.1f s\n", noticed);
  fail_unless(noticed <= 5, "noticed after %.1f s", noticed);
}

} // namespace

// Rule: whose UDP is blocked plays from the CDN. Once everybody was tried it tries one more now and
// then, and nobody knocks at its door again and again.
// Rule: whose UDP is blocked in the middle notices within five seconds, as do the others, and
// plays on.
GST_START_TEST(without_udp) {
  Audience audience;
  auto& internet = audience.internet();
  auto crowd = internet.add_site(Access::open);
  auto blocked_site = internet.add_site(Access::udp_blocked);
  auto cut_site = internet.add_site(Access::restricted);
  for (int i = 0; i < others; ++i)
    audience.join(crowd.host());
  auto& cut = audience.join(cut_site.host());
  fail_unless(audience.until([&] { return cut.report().peers >= 5 && cut.report().peer > 0; }, 20s),
              "no swarm: %u peers", cut.report().peers);
  auto& blocked = audience.join(blocked_site.host());
  auto plays = [](const Spectator& spectator) { return spectator.report().segments >= 2; };
  fail_unless(audience.until([&] { return plays(blocked) && plays(cut); }, 20s));
  auto began = Clock::now();
  auto blocked_before = blocked.report(), cut_before = cut.report();
  cut_off(audience, cut_site, cut);

  auto id = blocked.report().id;
  auto tried_all = [&] { return first_offer(audience, id) + 12s <= Clock::now(); };
  fail_unless(audience.until(tried_all, 20s), "it was never tried");
  auto since = Clock::now();
  audience.until([&] { return Clock::now() >= since + 30s; }, 31s);
  auto first = tries(audience, id, {}), later = tries(audience, id, since);
  std::printf("UDP blocked: %d offers of its own, %d of others; after the first 12 s, in 30 s: %d "
              "of its own, %d of others\n",
              first.own, first.received, later.own, later.received);
  std::fflush(stdout);
  fail_unless(first.own + first.received >= others);
  fail_unless(later.own <= 2, "%d offers", later.own);
  fail_unless(later.most <= 2, "%d offers of one viewer", later.most);
  fail_unless_equals_int(blocked.report().peers, 0);
  played_on("blocked", blocked, blocked_before, Clock::now() - began);
  played_on("cut", cut, cut_before, Clock::now() - began);
}
GST_END_TEST;

static Suite* nat_viewers_suite() {
  auto* suite = suite_create("nat_viewers");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 150);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, without_udp);
  return suite;
}

P2PLIVE_NAT_MAIN(nat_viewers)
