// What the simulator's figures count.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/crowd.h"
#include "sim/least_copies.h"
#include "sim/world.h"

#include <gst/check/gstcheck.h>

#include <cmath>
#include <numeric>

using namespace p2plive;
using namespace p2plive::sim;

static ViewerSettings viewer() {
  ViewerSettings settings;
  settings.core.expects_peers = true;
  settings.core.keeping = core::Keeping::sizes;
  return settings;
}

/// A CDN that fails for so long, 20 s after two viewers with a lead of 2 s came.
class Outage {
public:
  explicit Outage(Duration time) {
    auto settings = viewer();
    settings.core.lead = settings.core.reserve = 2s;
    settings.core.late = core::Late::keep;
    world_.add(2, settings);
    world_.run_for(20s);
    world_.begin_steady();
    world_.cdn.fails = true;
    world_.run_for(time);
    world_.cdn.fails = false;
    world_.run_for(60s - time);
  }
  Figures figures() const { return world_.figures(); }

  /// By how much later than before a viewer hands its media out at the end.
  double later(std::size_t viewer) const {
    const auto& played = world_.viewers()[viewer]->played();
    auto before = std::next(played.begin(), 5), after = std::prev(played.end(), 2);
    auto media = static_cast<double>(after->first.sn - before->first.sn) * 2;
    return core::seconds(after->second.first_at - before->second.first_at) - media;
  }

private:
  World world_{{1}};
};

// Rule: percentiles are by nearest rank, as p2plive-swarm's.
GST_START_TEST(percentiles_are_values) {
  std::vector<double> values(201);
  std::iota(values.rbegin(), values.rend(), 1);
  auto found = percentiles(values);
  fail_unless(found && found->p50 == 101 && found->p95 == 191 && found->p99 == 199);
  found = percentiles({7});
  fail_unless(found && found->p50 == 7 && found->p99 == 7);
  fail_if(percentiles({}).has_value());
}
GST_END_TEST;

// Rule: who starves for longer than the lead lasts stalls for the rest of the time, which is by how
// much later all else is played.
GST_START_TEST(a_long_outage_stalls) {
  Outage outage(11s);
  auto figures = outage.figures();
  auto text = figures.text();
  auto later = outage.later(0) + outage.later(1);
  fail_unless(figures.stalls >= 2 && later > 4, "%.2f: %s", later, text.c_str());
  fail_unless(std::abs(figures.stalled - later) < 0.3, "%.2f %.2f: %s", figures.stalled, later,
              text.c_str());
  fail_unless(std::abs(figures.stall_share - figures.stalled / 120) < 1e-9);
  fail_unless(figures.starved_share > figures.stall_share);
  fail_unless(figures.viewer_stall_share->p50 <= figures.stall_share &&
              figures.viewer_stall_share->p99 >= figures.stall_share);
}
GST_END_TEST;

// Rule: what the lead hides is no stall.
GST_START_TEST(a_short_outage_does_not_stall) {
  Outage outage(5s);
  auto figures = outage.figures();
  auto text = figures.text();
  fail_unless(figures.starvations > 0, "%s", text.c_str());
  fail_unless(figures.stalls == 0 && figures.stalled == 0 && figures.stall_share == 0, "%s",
              text.c_str());
}
GST_END_TEST;

// Rule: who reaches nobody is measured apart, and what they take counts as no copy of the others'.
GST_START_TEST(isolated_viewers_are_apart) {
  World world({1});
  auto alone = viewer();
  alone.access.nat = Nat::blocked;
  world.add(6, viewer(), 6s);
  world.add(2, alone, 6s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto others = world.figures(Group::reachable), isolated = world.figures(Group::isolated);
  auto all = world.figures();
  auto text = others.text() + "; " + isolated.text();
  fail_unless(others.viewers == 6 && isolated.viewers == 2 && all.viewers == 8);
  fail_unless(others.segments >= 20 && others.segments == isolated.segments, "%s", text.c_str());
  fail_unless(others.copies_base <= 1.1, "%s", text.c_str());
  fail_unless(std::abs(isolated.copies_base - 2) < 1e-9, "%s", text.c_str());
  fail_unless(isolated.viewer_cdn_share->p50 == 1 && isolated.offload == 0);
  fail_unless(std::abs(all.copies - others.copies - isolated.copies) < 1e-9);
  fail_unless_equals_uint64(isolated.starvations, 0);
}
GST_END_TEST;

// Rule: the whole run counts everybody who ever came; the window whoever was there at any time,
// and as continuous who was there all the time.
GST_START_TEST(who_comes_and_goes_is_counted) {
  World world({1});
  world.add(5, viewer());
  world.at(10s, [&] { world.viewers()[0]->leave(); });
  world.at(40s, [&] { world.viewers()[1]->leave(); });
  world.at(50s, [&] { world.add(viewer()); });
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto window = world.figures(), whole = world.whole_figures();
  fail_unless_equals_int(window.viewers, 5);
  fail_unless_equals_int(window.continuous, 3);
  fail_unless_equals_int(whole.viewers, 6);
  fail_unless_equals_int(whole.continuous, 0);
  fail_unless(window.copies_join > 0 && window.copies_base > 0);
  fail_unless(whole.delivered_bytes > window.delivered_bytes);
  fail_unless(whole.segments > window.segments);
}
GST_END_TEST;

// Rule: while a crowd comes, the CDN's rate is told in joins x 2 s of stream; from 10 s after the
// last one on, in audiences without each other.
GST_START_TEST(a_crowd_is_measured) {
  constexpr std::uint64_t second = 1'000'000 / 8; // of stream
  Crowd crowd{100, 4s, 20s, 1'000'000};
  std::vector<std::uint64_t> sent{50 * second, 50 * second, 100 * second, 0}; // arriving
  sent.resize(14, 1'000 * second);                                            // does not count
  sent.insert(sent.end(), {2 * second, 4 * second}); // and nothing for the four seconds then
  auto figures = measure(crowd, sent);
  fail_unless(figures.arriving == 1.0, "%f", figures.arriving);
  fail_unless(figures.arriving_peak == 2.0, "%f", figures.arriving_peak);
  fail_unless(figures.settled == 0.01, "%f", figures.settled.value_or(-1));
  fail_unless(figures.settled_peak == 0.04, "%f", figures.settled_peak.value_or(-1));
  crowd.lasts = 14s;
  fail_if(measure(crowd, sent).settled.has_value());
}
GST_END_TEST;

static std::vector<Access> lines(std::size_t count, Nat nat, std::uint64_t up) {
  return std::vector<Access>(count, Access{up, 0, nat});
}

static std::vector<Access> operator+(std::vector<Access> a, const std::vector<Access>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Rule: what some viewers need beyond what those can upload whom they can meet comes from the CDN,
// however much others could give.
GST_START_TEST(no_rule_can_spare_what_cannot_be_given) {
  constexpr std::uint64_t bitrate = 1'000'000;
  auto rich = lines(10, Nat::restricted, 50'000'000);
  auto poor = lines(10, Nat::symmetric, 500'000);
  auto bridge = lines(2, Nat::open, 2'000'000);
  // Symmetric ones meet open ones only: 10 of them need 10, and get 4.
  auto all = rich + poor + bridge;
  fail_unless_equals_float(least_copies(all, all, bitrate), 6);
  fail_unless_equals_float(least_copies(rich + bridge, all, bitrate), 0);
  // The two together need 20, and get 11 when the rich have little: the poor can give to open ones.
  auto scarce = lines(10, Nat::restricted, 700'000) + poor + bridge;
  fail_unless_equals_float(least_copies(scarce, scarce, bitrate), 9);
  // Who may upload without a limit can give everything to whom it can meet, and to no one else.
  auto fast = lines(1, Nat::open, 0);
  fail_unless_equals_float(least_copies(all + fast, all + fast, bitrate), 0);
  fail_unless_equals_float(
      least_copies(lines(3, Nat::blocked, 0), all + fast + lines(3, Nat::blocked, 0), bitrate), 3);
  fail_unless_equals_float(least_copies({}, all, bitrate), 0);
}
GST_END_TEST;

// Rule: a viewer gives as much as its line carries and its user lets it, if it was there at any
// time of the window; who takes are those of the group who were there all the time.
GST_START_TEST(who_could_give) {
  constexpr std::uint64_t copy = 250'000; // bytes a second
  World world({1});
  auto limited = [](std::uint64_t limit, Nat nat = Nat::open) {
    auto settings = viewer();
    settings.core.upload_limit = limit;
    settings.access.nat = nat;
    return settings;
  };
  world.add(4, limited(copy / 2));
  world.add(4, limited(0));
  world.add(1, limited(copy, Nat::blocked));
  auto& leaves_before = world.add(viewer());
  auto& leaves_within = world.add(limited(copy));
  world.at(15s, [&] { leaves_before.leave(); });
  world.at(30s, [&] { leaves_within.leave(); });
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto others = world.figures(Group::reachable).copies_least, all = world.figures().copies_least;
  fail_unless(std::abs(others - (8 - 4 * 0.5 - 1)) < 0.2, "%f", others);
  fail_unless(std::abs(all - others - 1) < 1e-9, "%f", all);
}
GST_END_TEST;

static Suite* figures_suite() {
  auto* suite = suite_create("simulation-figures");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, percentiles_are_values);
  tcase_add_test(tcase, a_long_outage_stalls);
  tcase_add_test(tcase, a_short_outage_does_not_stall);
  tcase_add_test(tcase, isolated_viewers_are_apart);
  tcase_add_test(tcase, who_comes_and_goes_is_counted);
  tcase_add_test(tcase, a_crowd_is_measured);
  tcase_add_test(tcase, no_rule_can_spare_what_cannot_be_given);
  tcase_add_test(tcase, who_could_give);
  return suite;
}

GST_CHECK_MAIN(figures)
