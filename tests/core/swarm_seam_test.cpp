// Playback that goes from one swarm to another, of the same media in another quality.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtual_cdn.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::test;

namespace {

Settings stands_by() {
  Settings settings;
  settings.stands_by = true;
  return settings;
}

/// Two qualities of a stream: numbered differently, and the other is smaller.
struct Qualities {
  VirtualCdn playing{{}};
  VirtualCdn next{stands_by()};
  static constexpr std::uint64_t apart = 1000;
  std::size_t before = 0; ///< chunks that came before the seam

  Qualities() {
    playing.step = next.step = 5ms;
    next.first_number = playing.first_number + apart;
    next.usual = 200'000;
    playing.began = next.began = Time{};
  }

  void run_for(Duration time) {
    for (auto end = playing.now + time; playing.now < end;) {
      playing.run_for(playing.step);
      next.run_for(next.step);
    }
  }

  /// Plays until this one is the newest.
  void until_listed(std::uint64_t newest) {
    while (playing.swarm.seam(false) != SequenceNumber{newest + 1})
      run_for(playing.step);
  }

  SequenceNumber arm(bool at_once) {
    auto seam = playing.swarm.seam(at_once);
    fail_unless(seam.has_value());
    playing.swarm.end_before(playing.now, *seam);
    playing.act();
    auto there = SequenceNumber{number(*seam) + apart};
    next.swarm.begin_with(next.now, there, playing.swarm.end_due(playing.now));
    next.act();
    return *seam;
  }

  bool until_seam(Duration patience) {
    for (auto end = playing.now + patience; playing.now < end && !playing.swarm.at_seam();)
      run_for(playing.step);
    return playing.swarm.at_seam();
  }

  void take_over() {
    before = playing.delivered.size();
    next.swarm.take_over(next.now, playing.swarm);
    next.act();
  }
};

} // namespace

// Rule: what the one swarm hands out ends before the seam, what the other hands out begins with it,
// and goes on without a break, in time, at the same distance to live.
GST_START_TEST(playback_goes_on_at_the_seam) {
  Qualities stream;
  stream.run_for(20s);
  auto delay = stream.playing.swarm.statistics().delay;
  auto seam = stream.arm(false);
  fail_unless(number(seam) == number(stream.playing.delivered.back().sn) + 2 ||
                  number(seam) == number(stream.playing.delivered.back().sn) + 3,
              "%lu after %lu", number(seam), number(stream.playing.delivered.back().sn));
  fail_unless(stream.until_seam(10s), "it goes on");
  fail_unless(stream.next.delivered.empty(), "both hand out");
  stream.take_over();
  stream.run_for(20s);
  fail_unless_equals_int(stream.playing.delivered.size(), stream.before);
  const auto& last = stream.playing.delivered.back();
  fail_unless(last.offset + last.size == last.segment_size && next(last.sn) == seam);
  const auto& first = stream.next.delivered.front();
  fail_unless(number(first.sn) == number(seam) + Qualities::apart && first.offset == 0);
  fail_unless(!first.discontinuity && !first.new_line && first.skipped == 0s);
  fail_unless(stream.playing.in_order() && stream.next.in_order());
  fail_unless(stream.next.delivered.size() > 20);
  fail_unless_equals_int(stream.playing.swarm.statistics().starvations, 0);
  fail_unless_equals_int(stream.next.swarm.statistics().starvations, 0);
  auto moved = stream.next.swarm.statistics().delay - delay;
  fail_unless(moved > -300ms && moved < 300ms, "%.2f",
              std::chrono::duration<double>(moved).count());
}
GST_END_TEST;

// Rule: nothing behind the seam is fetched by the swarm that ends there; what was under way is
// stopped. What is whole already is played.
GST_START_TEST(nothing_is_fetched_behind_the_seam) {
  Qualities stream;
  stream.run_for(20s);
  stream.playing.latency = 1500ms; // so that something is under way
  for (auto end = stream.playing.now + 5s; stream.playing.now < end;) {
    stream.run_for(5ms);
    if (stream.playing.fetched.back().sn != stream.playing.delivered.back().sn &&
        stream.playing.swarm.seam(true) == stream.playing.fetched.back().sn)
      break;
  }
  auto fetches = stream.playing.fetched.size();
  auto seam = stream.arm(true);
  fail_unless(seam == stream.playing.fetched.back().sn, "what is under way is waited for");
  bool cancelled = std::ranges::any_of(stream.playing.others, [](const Action& action) {
    return std::holds_alternative<CancelFetch>(action);
  });
  fail_unless(cancelled, "it is not stopped");
  fail_unless(stream.until_seam(10s));
  stream.take_over();
  stream.run_for(10s);
  for (auto i = fetches; i < stream.playing.fetched.size(); ++i)
    fail_unless(stream.playing.fetched[i].sn < seam, "fetched behind the seam");
  fail_unless(next(stream.playing.delivered.back().sn) == seam);
  fail_unless(number(stream.next.delivered.front().sn) == number(seam) + Qualities::apart);
  fail_unless(stream.next.in_order());
}
GST_END_TEST;

// Rule: a break in the stream is one at the seam, too.
GST_START_TEST(a_break_at_the_seam) {
  Qualities stream;
  auto seam = stream.playing.first_number + 60;
  stream.playing.breaks.insert(seam);
  stream.next.breaks.insert(seam + Qualities::apart);
  stream.until_listed(seam - 1);
  fail_unless_equals_uint64(number(stream.arm(false)), seam);
  fail_unless(stream.until_seam(10s));
  stream.take_over();
  stream.run_for(10s);
  const auto& begins = stream.next.delivered.front();
  fail_unless_equals_uint64(number(begins.sn), seam + Qualities::apart);
  fail_unless(begins.discontinuity && begins.new_line);
  auto breaks = std::ranges::count_if(stream.next.delivered, &Deliver::discontinuity);
  fail_unless_equals_int(breaks, 1);
}
GST_END_TEST;

// Rule: a seam can be taken back, and the same swarm goes on as if nothing had been.
GST_START_TEST(a_seam_is_taken_back) {
  Qualities stream;
  stream.run_for(20s);
  stream.arm(false);
  fail_unless(stream.until_seam(10s));
  stream.playing.swarm.end_before(stream.playing.now, {});
  stream.playing.act();
  stream.run_for(10s);
  fail_unless(stream.playing.in_order() && !stream.playing.swarm.at_seam());
  auto breaks = std::ranges::count_if(stream.playing.delivered, &Deliver::discontinuity);
  fail_unless_equals_int(breaks, 1);
  fail_unless(stream.next.delivered.empty());
  fail_unless_equals_int(stream.playing.swarm.statistics().starvations, 0);
}
GST_END_TEST;

// Rule: with an encoder that begins again the numbers mean something else, and the seam is gone.
GST_START_TEST(a_restart_takes_the_seam_away) {
  Qualities stream;
  stream.run_for(20s);
  stream.arm(false);
  stream.playing.first_number = 3;
  stream.playing.began = stream.playing.now - 12s;
  stream.run_for(2s);
  fail_unless(!stream.playing.swarm.end() && !stream.playing.swarm.at_seam());
}
GST_END_TEST;

// Rule: where the first segment is not listed, nothing later is begun with.
GST_START_TEST(what_is_not_listed_is_waited_for) {
  Qualities stream;
  stream.run_for(20s);
  auto newest = stream.playing.first_number +
                static_cast<std::uint64_t>(stream.playing.made() / VirtualCdn::segment);
  stream.next.swarm.begin_with(stream.next.now, SequenceNumber{newest + Qualities::apart + 2},
                               stream.next.now + 4s);
  fail_unless(!stream.next.swarm.stands_ready());
  stream.run_for(7s);
  fail_unless(stream.next.swarm.stands_ready());
  fail_unless(!stream.next.fetched.empty() &&
              number(stream.next.fetched.front().sn) == newest + Qualities::apart + 2);
}
GST_END_TEST;

// Rule: with whole_segments nothing of a segment goes out before all of it is here; else what is
// here does.
GST_START_TEST(what_is_not_whole_is_kept) {
  for (bool whole : {true, false}) {
    Settings settings;
    settings.whole_segments = whole;
    VirtualCdn cdn(settings);
    cdn.began = Time{};
    cdn.run_for(20s);
    cdn.latency = 1h;
    auto fetches = cdn.fetched.size();
    while (cdn.fetched.size() == fetches)
      cdn.run_for(5ms);
    auto fetch = cdn.fetched.back();
    std::vector<std::uint8_t> half(VirtualCdn::size / 2);
    for (std::size_t i = 0; i < half.size(); ++i)
      half[i] = VirtualCdn::byte_at(number(fetch.sn), i);
    fail_unless_equals_uint64(fetch.first, 0);
    cdn.swarm.fetch_answered(cdn.now, fetch.id, {0, VirtualCdn::size});
    cdn.swarm.fetch_data(cdn.now, fetch.id, half);
    cdn.run_for(10s);
    bool went_out = std::ranges::find(cdn.delivered, fetch.sn, &Deliver::sn) != cdn.delivered.end();
    fail_unless(went_out != whole);
    fail_unless(cdn.swarm.statistics().starving);
  }
}
GST_END_TEST;

// Rule: where a segment goes out only when all of it is here it is asked for so much earlier: with
// a CDN that takes half a second for one nothing is late, though the first chunk comes at once.
GST_START_TEST(what_has_to_be_whole_is_asked_for_in_time) {
  Settings settings;
  settings.whole_segments = true;
  settings.reserve = 2s;
  settings.seed_share = 0; // whatever is fetched is urgent
  VirtualCdn cdn(settings);
  cdn.began = Time{};
  cdn.slow_rate = 1'000'000;
  cdn.run_for(20s); // the reserve grows
  auto late = cdn.swarm.statistics().starvations;
  cdn.run_for(40s);
  fail_unless(cdn.swarm.statistics().delivered_bytes > 25 * VirtualCdn::size);
  fail_unless_equals_int(cdn.swarm.statistics().starvations - late, 0);
}
GST_END_TEST;

// Rule: what is late when another swarm takes over is late once, from when it was due until it goes
// out there.
GST_START_TEST(what_is_late_is_counted_once) {
  Qualities stream;
  stream.run_for(20s);
  stream.playing.latency = 1h;
  for (auto end = stream.playing.now + 20s;
       stream.playing.now < end && !stream.playing.swarm.statistics().starving;)
    stream.run_for(5ms);
  auto late_since = stream.playing.now;
  stream.next.latency = 1500ms;
  stream.arm(true);
  stream.run_for(500ms);
  stream.next.latency = 20ms; // of what is asked for from now on
  fail_unless(stream.playing.swarm.at_seam());
  stream.take_over();
  stream.run_for(5s);
  fail_unless(!stream.next.delivered.empty());
  auto late_for = stream.next.delivered_at.front() - late_since;
  fail_unless(late_for > 1s);
  auto before = stream.playing.swarm.statistics(), after = stream.next.swarm.statistics();
  fail_unless_equals_int(before.starvations + after.starvations, 1);
  auto told = before.starved_time + after.starved_time;
  fail_unless(told > late_for - 50ms && told < late_for + 50ms, "%.2f s of %.2f s",
              std::chrono::duration<double>(told).count(),
              std::chrono::duration<double>(late_for).count());
}
GST_END_TEST;

// Rule: who takes nothing for longer than it could play what it has is paused; who plays is not,
// however full its queues are.
GST_START_TEST(a_pause_is_told) {
  VirtualCdn cdn({});
  cdn.began = Time{};
  for (int i = 0; i < 400; ++i) {
    cdn.run_for(50ms);
    fail_if(cdn.swarm.statistics().paused);
  }
  cdn.takes = false;
  cdn.run_for(1s);
  fail_if(cdn.swarm.statistics().paused);
  cdn.run_for(3s);
  fail_unless(cdn.swarm.statistics().paused);
  cdn.takes = true;
  std::size_t untaken = 0;
  for (const auto& one : cdn.delivered)
    untaken += one.size;
  cdn.swarm.taken(cdn.now, untaken, {});
  fail_if(cdn.swarm.statistics().paused);
}
GST_END_TEST;

static Suite* swarm_seam_suite() {
  auto* suite = suite_create("swarm-seam");
  auto* tests = tcase_create("swarm-seam");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, playback_goes_on_at_the_seam);
  tcase_add_test(tests, nothing_is_fetched_behind_the_seam);
  tcase_add_test(tests, a_break_at_the_seam);
  tcase_add_test(tests, a_seam_is_taken_back);
  tcase_add_test(tests, a_restart_takes_the_seam_away);
  tcase_add_test(tests, what_is_not_listed_is_waited_for);
  tcase_add_test(tests, what_is_not_whole_is_kept);
  tcase_add_test(tests, what_has_to_be_whole_is_asked_for_in_time);
  tcase_add_test(tests, what_is_late_is_counted_once);
  tcase_add_test(tests, a_pause_is_told);
  suite_add_tcase(suite, tests);
  return suite;
}

GST_CHECK_MAIN(swarm_seam);
