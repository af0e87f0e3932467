// A swarm of one: the stream from the CDN alone.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtual_cdn.h"

#include <algorithm>

#include <gst/check/gstcheck.h>

using namespace p2plive::test;

// Rule: what goes out is every segment whole and in order, at the stream's own pace, each byte
// fetched once.
GST_START_TEST(plays_from_the_cdn_alone) {
  VirtualCdn cdn({});
  cdn.run_for(30s);
  fail_unless(cdn.in_order());
  auto stats = cdn.swarm.statistics();
  auto played =
      seconds(cdn.delivered.size() ? cdn.delivered_at.back() - cdn.delivered_at.front() : 0ns);
  auto media = static_cast<double>(stats.delivered_bytes) / VirtualCdn::size * 2;
  fail_unless(std::abs(media - played - 3) < 0.6, "handed out %.2f s of media in %.2f s", media,
              played);
  fail_unless_equals_uint64(stats.starvations, 0);
  fail_unless_equals_uint64(stats.duplicate_bytes, 0);
  fail_unless(stats.startup_time <= 50ms);
  fail_unless(stats.cdn_bytes < stats.delivered_bytes + 5 * VirtualCdn::size);
  fail_unless(stats.delay > 6s && stats.delay <= 9s, "delay %.2f", seconds(stats.delay));
}
GST_END_TEST;

// Rule: close to the live edge, where a viewer begins with the newest segment, it does so at once.
GST_START_TEST(begins_with_the_newest) {
  Settings settings;
  settings.live_delay = 4s;
  settings.lead = 1s;
  VirtualCdn cdn(settings);
  cdn.began += 1s;
  cdn.run_for(1s);
  fail_unless(!cdn.delivered.empty() && number(cdn.delivered.front().sn) == cdn.first_number + 48);
  auto startup = cdn.swarm.statistics().startup_time;
  fail_unless(startup > 0s && startup <= 50ms, "%.2f", seconds(startup));
}
GST_END_TEST;

// Rule: what the playlist lists as a gap is not asked for; the stream goes on behind it, with a
// break.
GST_START_TEST(gaps_are_left_out) {
  VirtualCdn cdn({});
  auto gap = cdn.first_number + 52;
  cdn.gaps = {gap};
  cdn.run_for(20s);
  fail_unless(std::ranges::find(cdn.fetched, SequenceNumber{gap}, &Fetch::sn) == cdn.fetched.end());
  auto after = std::ranges::find(cdn.delivered, SequenceNumber{gap + 1}, &Deliver::sn);
  fail_unless(after != cdn.delivered.end() && after->discontinuity && after->offset == 0);
  fail_unless_equals_uint64(number(std::prev(after)->sn), gap - 1);
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
}
GST_END_TEST;

/// The first bytes after a consumer took nothing for half a minute.
static Deliver after_a_stop(const std::set<std::uint64_t>& breaks) {
  VirtualCdn cdn({});
  cdn.breaks = breaks;
  cdn.run_for(5s);
  cdn.takes = false;
  cdn.run_for(30s);
  cdn.takes = true;
  cdn.swarm.taken(cdn.now, 1u << 30, {});
  cdn.run_for(10s);
  auto jump = std::ranges::find_if(cdn.delivered,
                                   [](const Deliver& deliver) { return deliver.skipped > 0s; });
  fail_unless(jump != cdn.delivered.end() && jump->discontinuity);
  return *jump;
}

// Rule: a jump forward goes on with the line of time, unless the stream broke meanwhile.
GST_START_TEST(jumps_and_lines_of_time) {
  fail_if(after_a_stop({}).new_line);
  fail_unless(after_a_stop({VirtualCdn({}).first_number + 57}).new_line);
}
GST_END_TEST;

// Rule: behind the last byte of a stream that has ended comes its end, once.
GST_START_TEST(the_end_comes_last) {
  VirtualCdn cdn({});
  cdn.ends = cdn.first_number + 53;
  cdn.run_for(30s);
  const auto& last = cdn.delivered.back();
  fail_unless_equals_uint64(number(last.sn), *cdn.ends);
  fail_unless(last.offset + last.size == last.segment_size);
  auto is_end = [](const Action& action) { return std::holds_alternative<Finish>(action); };
  fail_unless_equals_int(static_cast<int>(std::ranges::count_if(cdn.others, is_end)), 1);
  fail_if(std::get<Finish>(*std::ranges::find_if(cdn.others, is_end)).failure);
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
}
GST_END_TEST;

// Rule: with pace=none whatever is there goes out at once, and nothing but the CDN holds it up.
GST_START_TEST(without_a_pace) {
  Settings settings;
  settings.pace = Pace::none;
  VirtualCdn cdn(settings);
  cdn.run_for(1s);
  fail_unless(cdn.in_order());
  const auto& last = cdn.delivered.back();
  fail_unless(number(last.sn) + 1 == cdn.first_number + 50, "%d of 50 segments",
              static_cast<int>(number(last.sn) + 1 - cdn.first_number));
  fail_unless(last.offset + last.size == VirtualCdn::size);
  fail_unless(cdn.swarm.statistics().delivered_bytes >= 4 * VirtualCdn::size);
}
GST_END_TEST;

// Rule: transfers of one segment that fail together count as one failure: the CDN is asked again
// soon.
GST_START_TEST(what_fails_together_counts_once) {
  Settings settings;
  settings.expects_peers = true; // so that it asks for a segment in parts
  VirtualCdn cdn(settings);
  cdn.latency = 400ms;
  cdn.run_for(2s);
  cdn.fails = true;
  cdn.run_for(450ms);
  cdn.fails = false;
  auto before = cdn.fetched.size();
  fail_unless(cdn.swarm.statistics().cdn_errors > 2, "they did not fail together");
  cdn.run_for(600ms);
  fail_unless(cdn.fetched.size() > before, "not asked again");
}
GST_END_TEST;

static std::ptrdiff_t given_up(const VirtualCdn& cdn) {
  return std::ranges::count_if(
      cdn.others, [](const Action& action) { return std::holds_alternative<CancelFetch>(action); });
}

// Rule: an answer that was begun while the CDN was slow, and is slow to its end, does not hold up
// what the CDN gives by now: the rest of it is asked for anew.
GST_START_TEST(a_slow_answer_is_given_up) {
  VirtualCdn cdn({});
  cdn.run_for(20s);
  cdn.fails = true;
  cdn.run_for(1500ms);
  cdn.fails = false;
  cdn.slow_rate = VirtualCdn::size / 2 / 8;
  cdn.run_for(1s);
  cdn.slow_rate = 0;
  cdn.run_for(20s);
  fail_unless(cdn.in_order());
  auto stats = cdn.swarm.statistics();
  fail_unless(stats.starved_time < 200ms, "%.2f s", seconds(stats.starved_time));
  fail_unless(given_up(cdn) >= 1 && given_up(cdn) <= 3, "%d", static_cast<int>(given_up(cdn)));
  fail_unless(stats.cdn_bytes < stats.delivered_bytes + 5 * VirtualCdn::size);
}
GST_END_TEST;

// Rule: where all answers are slow none is given up for it: they would only be slower.
GST_START_TEST(a_slow_cdn_is_borne) {
  for (std::uint64_t part : {5, 3, 2}) {
    VirtualCdn cdn({});
    cdn.run_for(20s);
    cdn.fails = true;
    cdn.run_for(2500ms);
    cdn.fails = false;
    cdn.slow_rate = VirtualCdn::size / 2 / part;
    cdn.run_for(60s);
    fail_unless(cdn.swarm.statistics().starvations > 1, "it is not slow");
    fail_unless_equals_int(static_cast<int>(given_up(cdn)), 0);
  }
}
GST_END_TEST;

/// Most transfers at a time while it gets ahead, over a link that carries so many streams.
static int at_a_time(double streams) {
  Settings settings;
  settings.live_delay = 20s;
  VirtualCdn cdn(settings);
  cdn.lists = 12;
  cdn.link_rate = static_cast<std::uint64_t>(streams * VirtualCdn::size / 2);
  cdn.swarm.set_link(static_cast<double>(cdn.link_rate));
  while (cdn.swarm.statistics().buffer_time == 0s)
    cdn.run_for(cdn.step);
  std::size_t most = 0;
  for (auto end = cdn.now + 20s; cdn.now < end; cdn.run_for(cdn.step))
    most = std::max(most, cdn.under_way());
  fail_unless(cdn.in_order());
  fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
  return static_cast<int>(most);
}

// Rule: over a narrow link what is not urgent comes one after the other, for what is needed first
// would come as late as what is needed last; over a wider one as many as it carries streams.
GST_START_TEST(a_narrow_link_is_not_shared) {
  for (auto [streams, expected] : {std::pair(1.5, 1), {2.5, 2}, {50.0, 4}}) {
    auto most = at_a_time(streams);
    fail_unless(most == expected, "%d at a time with %.1f", most, streams);
  }
}
GST_END_TEST;

/// What the pool did in five minutes after the first, with segments whose sizes vary by `percent`
/// either way.
static std::pair<std::uint64_t, std::uint64_t> taken_and_reused(std::uint64_t percent) {
  VirtualCdn cdn({});
  cdn.keeps = false;
  for (std::uint64_t n = 0; n < 400; ++n)
    cdn.sizes[n] = VirtualCdn::size * (100 - percent + n * 37 % (2 * percent + 1)) / 100;
  cdn.run_for(60s);
  auto before = cdn.swarm.statistics();
  auto handed_out = cdn.delivered.size();
  cdn.run_for(300s);
  auto after = cdn.swarm.statistics();
  auto taken = after.pool_allocated - before.pool_allocated;
  auto reused = after.pool_reused - before.pool_reused;
  // Each chunk that came took a slab, and about as many came as went out.
  fail_unless(taken + reused + 100 >= cdn.delivered.size() - handed_out);
  return {taken, reused};
}

// Rule: at steady state the pool takes nothing more from the system; where segments are now and
// then larger than ever before, one chunk in a hundred at most.
GST_START_TEST(memory_is_reused) {
  fail_unless_equals_uint64(taken_and_reused(0).first, 0);
  auto [taken, reused] = taken_and_reused(20);
  fail_unless(taken * 100 <= taken + reused, "%d taken, %d reused", static_cast<int>(taken),
              static_cast<int>(reused));
}
GST_END_TEST;

// Rule: with nothing kept for others, memory goes back when it was handed out; each byte still
// comes once.
GST_START_TEST(nothing_is_kept_for_nobody) {
  auto slabs = [](Duration past) {
    Settings settings;
    settings.past = past;
    VirtualCdn cdn(settings);
    cdn.keeps = false;
    cdn.run_for(60s);
    auto stats = cdn.swarm.statistics();
    fail_unless_equals_uint64(stats.starvations + stats.duplicate_bytes, 0);
    fail_unless(stats.cdn_bytes < stats.delivered_bytes + 5 * VirtualCdn::size);
    return stats.pool_allocated;
  };
  auto kept = slabs(10s), gone = slabs(0s);
  auto ten_seconds = 5 * chunk_count(VirtualCdn::size);
  fail_unless(gone + ten_seconds <= kept, "%d and %d slabs", static_cast<int>(gone),
              static_cast<int>(kept));
}
GST_END_TEST;

// Rule: who is woken gets a tenth of a second of media, though chunks be shorter, or as much as is
// set; that is earlier, and not later, than its time.
GST_START_TEST(small_chunks_go_out_together) {
  for (auto together : {std::optional<Duration>(), std::optional<Duration>(500ms)}) {
    Settings settings;
    settings.together = together;
    VirtualCdn cdn(settings);
    cdn.usual = 2'000'000;
    cdn.polls = VirtualCdn::segment; // each is an occasion to hand out
    cdn.run_for(10s);
    auto times = cdn.delivered_at;
    fail_unless(cdn.in_order() && times.size() > 200);
    Duration out{}, least = settings.lead, most{};
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (out > settings.lead)
        least = std::min(least, out - (times[i] - times.front()));
      out += cdn.delivered[i].duration;
      most = std::max(most, out - (times[i] - times.front()));
    }
    fail_unless(least > settings.lead - 150ms, "%.2f s downstream", seconds(least));
    fail_unless(most < settings.lead + together.value_or(0ms) + 50ms, "%.2f s", seconds(most));
    auto steady = std::ranges::upper_bound(times, times.front() + 2s);
    auto seconds_of_it = seconds(times.back() - *steady);
    auto wakes = static_cast<double>(std::unique(steady, times.end()) - steady);
    fail_unless(wakes < (together ? 3 : 12) * seconds_of_it, "%.0f in %.1f s", wakes,
                seconds_of_it);
    fail_unless_equals_uint64(cdn.swarm.statistics().starvations, 0);
  }
}
GST_END_TEST;

// Rule: an encoder that begins again from zero makes a new epoch: DISCONT, and never bytes of two
// versions.
GST_START_TEST(an_encoder_that_restarts) {
  VirtualCdn cdn({});
  cdn.run_for(10s);
  cdn.first_number = 0;
  cdn.began = cdn.now;
  cdn.delivered.clear();
  cdn.run_for(20s);
  auto breaks = std::count_if(cdn.delivered.begin(), cdn.delivered.end(),
                              [](const auto& d) { return d.discontinuity; });
  fail_unless_equals_int(breaks, 1);
  fail_unless(cdn.in_order());
  fail_unless(number(cdn.delivered.back().sn) < 40);
}
GST_END_TEST;

// Rule: after a pause longer than live-delay plus one target duration the stream goes on at the
// live delay.
GST_START_TEST(a_long_pause_jumps_forward) {
  VirtualCdn cdn({});
  cdn.run_for(20s);
  cdn.takes = false;
  cdn.run_for(15s);
  cdn.takes = true;
  std::size_t held = 0;
  for (std::size_t i = cdn.delivered.size(); i-- > 0 && held < 8;)
    cdn.swarm.taken(cdn.now, cdn.delivered[i].size, {}), ++held;
  cdn.delivered.clear();
  cdn.run_for(10s);
  auto jump = std::find_if(cdn.delivered.begin(), cdn.delivered.end(),
                           [](const auto& d) { return d.discontinuity; });
  fail_unless(jump != cdn.delivered.end());
  fail_unless(jump->skipped >= 10s && jump->skipped <= 18s, "skipped %.1f", seconds(jump->skipped));
  fail_unless(cdn.swarm.statistics().delay <= 9500ms, "delay %.2f",
              seconds(cdn.swarm.statistics().delay));
}
GST_END_TEST;

// Rule: what a player's queues took in during a pause counts: after the jump the sink, not the
// hand-out, is at the live delay again, with one jump. Even queues that hold more than live-delay.
static void comes_back(Duration most, std::uint64_t size, Duration began, Duration before_pause) {
  VirtualCdn cdn({});
  for (auto n = cdn.first_number; n < cdn.first_number + 100; ++n)
    cdn.sizes[n] = size;
  cdn.began += began;
  Duration clock{}, handed{};
  std::size_t seen = 0;
  auto play = [&](Duration time, bool plays, Duration room) {
    for (auto end = cdn.now + time; cdn.now < end; clock += plays ? 10ms : 0ms) {
      cdn.takes = false;
      cdn.run_for(10ms);
      cdn.swarm.advance(cdn.now); // as a peer's message would, before bytes are taken
      cdn.act();
      for (; seen < cdn.delivered.size() && handed - clock < room; ++seen) {
        const auto& next = cdn.delivered[seen];
        if (next.discontinuity)
          handed = std::max(handed, clock);
        handed += next.duration;
        cdn.swarm.taken(cdn.now, next.size, plays ? std::optional(clock) : std::nullopt);
      }
    }
  };
  play(before_pause, true, 6s);
  fail_unless(handed - clock < 4s);
  auto before = cdn.delivered.size();
  play(15s, false, most);
  fail_unless(handed - clock > most - 1s);
  play(15s, true, most);
  auto jumps = std::count_if(cdn.delivered.begin() + static_cast<std::ptrdiff_t>(before),
                             cdn.delivered.end(), [](const auto& d) { return d.skipped > 0ns; });
  fail_unless(jumps == 1, "%d jumps, began at %.1f s, paused after %.1f s", static_cast<int>(jumps),
              seconds(began), seconds(before_pause));
  // What the sink shows: the last handed out is `handed - clock` ahead of it.
  auto live = cdn.now - cdn.began;
  auto last = VirtualCdn::segment *
              static_cast<int>(number(cdn.delivered.back().sn) - cdn.first_number + 1);
  auto delay = live - (last - (handed - clock));
  fail_unless(delay > 6s && delay < 9500ms, "%.2f", seconds(delay));
}

/// Wherever in a segment, of 2 s, the viewer begins (`phase`, 0 to 4) and the pause.
static void comes_back(int phase, Duration most, std::uint64_t size = VirtualCdn::size) {
  for (auto played = 20s + 0ms; played < 22s; played += 400ms)
    comes_back(most, size, phase * 400ms, played);
}

GST_START_TEST(queues_count_after_a_pause) {
  comes_back(__i__, 6s);
}
GST_END_TEST;

GST_START_TEST(deep_queues_count_after_a_pause) {
  comes_back(__i__, 10s);
}
GST_END_TEST;

// One chunk is so much media that the consumer counts as blocked until it has taken it.
GST_START_TEST(queues_count_at_a_low_bitrate) {
  comes_back(__i__, 6s, 125'000);
}
GST_END_TEST;

// Rule: a stream that has just begun is let grow before it is played, and then never runs dry.
GST_START_TEST(a_young_stream) {
  VirtualCdn cdn({});
  cdn.began = cdn.now - 3s;
  cdn.run_for(40s);
  auto stats = cdn.swarm.statistics();
  fail_unless(cdn.in_order());
  fail_unless_equals_uint64(stats.starvations, 0);
  fail_unless(stats.delay >= 4s && stats.delay <= 9s, "delay %.2f", seconds(stats.delay));
  fail_unless(stats.startup_time <= 5s, "began after %.2f", seconds(stats.startup_time));
}
GST_END_TEST;

// Rule: a CDN that fails for a while costs retries, not the stream; for good it ends it with the
// reason.
GST_START_TEST(a_failing_cdn) {
  VirtualCdn cdn({});
  cdn.run_for(10s);
  cdn.fails = true;
  cdn.run_for(4s);
  cdn.fails = false;
  cdn.run_for(10s);
  fail_unless(cdn.in_order());
  fail_unless(cdn.swarm.statistics().cdn_errors > 0);
  cdn.fails = true;
  cdn.run_for(70s);
  auto finish = std::find_if(cdn.others.begin(), cdn.others.end(),
                             [](const auto& a) { return std::holds_alternative<Finish>(a); });
  fail_unless(finish != cdn.others.end());
  fail_unless(std::get<Finish>(*finish).failure.has_value());
}
GST_END_TEST;

// Rule: another size under a known number is another version; the two are never spliced.
GST_START_TEST(two_edges_disagree) {
  VirtualCdn cdn({});
  cdn.run_for(10s);
  auto next = number(cdn.delivered.back().sn) + 1;
  cdn.sizes[next] = 300'000;
  cdn.run_for(10s);
  fail_unless(cdn.in_order());
  for (const auto& d : cdn.delivered)
    fail_unless(d.segment_size == cdn.size_of(number(d.sn)) || number(d.sn) == next);
}
GST_END_TEST;

static Suite* swarm_cdn_suite() {
  auto* suite = suite_create("swarm_cdn");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 12); // twelve minutes of stream, with a sanitizer
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, plays_from_the_cdn_alone);
  tcase_add_test(tcase, begins_with_the_newest);
  tcase_add_test(tcase, gaps_are_left_out);
  tcase_add_test(tcase, jumps_and_lines_of_time);
  tcase_add_test(tcase, the_end_comes_last);
  tcase_add_test(tcase, without_a_pace);
  tcase_add_test(tcase, what_fails_together_counts_once);
  tcase_add_test(tcase, a_slow_answer_is_given_up);
  tcase_add_test(tcase, a_slow_cdn_is_borne);
  tcase_add_test(tcase, a_narrow_link_is_not_shared);
  tcase_add_test(tcase, memory_is_reused);
  tcase_add_test(tcase, nothing_is_kept_for_nobody);
  tcase_add_test(tcase, small_chunks_go_out_together);
  tcase_add_test(tcase, an_encoder_that_restarts);
  tcase_add_test(tcase, a_long_pause_jumps_forward);
  tcase_add_loop_test(tcase, queues_count_after_a_pause, 0, 5);
  tcase_add_loop_test(tcase, deep_queues_count_after_a_pause, 0, 5);
  tcase_add_loop_test(tcase, queues_count_at_a_low_bitrate, 0, 5);
  tcase_add_test(tcase, a_young_stream);
  tcase_add_test(tcase, a_failing_cdn);
  tcase_add_test(tcase, two_edges_disagree);
  return suite;
}

GST_CHECK_MAIN(swarm_cdn)
