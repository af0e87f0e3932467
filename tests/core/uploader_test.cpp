// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uploader.h"

#include "core/swarm.h"
#include "core_test.h"

#include <array>
#include <vector>

namespace {

using Verdict = Uploader::Verdict;

Neighbours company(std::uint64_t count) {
  Neighbours out;
  for (std::uint64_t i = 0; i < count; ++i)
    out.emplace(peer(i), Neighbour(peer(i), start));
  return out;
}

/// Nothing that is asked for in these tests spreads any more.
unsigned long_given(const ChunkName&) {
  return 1'000;
}

Verdict ask(Uploader& uploader, Time now, std::uint64_t who, std::uint32_t chunk,
            std::chrono::milliseconds deadline = 5'000ms, std::uint8_t others = 1,
            std::uint32_t uplink = 0, unsigned reach = 0) {
  Duration retry{};
  Neighbour from(peer(who), now);
  from.tells_uplink(uplink);
  from.tells_reach(reach);
  auto verdict =
      uploader.request(now, from, {chunk_of(5, chunk), deadline, others}, chunk_size, retry);
  fail_unless((verdict == Verdict::busy) == (retry > 0ns));
  return verdict;
}

} // namespace

// Rule: who can be connected with few is served first, of either kind who passes it on fastest,
// then who has fewer to ask, then whose time runs out.
GST_START_TEST(the_order) {
  Uploader uploader(start, {});
  auto all = company(6);
  fail_unless(ask(uploader, start, 0, 0, 5s, 9, 1'000) == Verdict::queued);
  fail_unless(ask(uploader, start, 1, 1, 4s, 9, 1'000) == Verdict::queued);
  fail_unless(ask(uploader, start, 2, 2, 5s, 2, 1'000) == Verdict::queued);
  fail_unless(ask(uploader, start, 3, 3, 5s, 9, 16'000) == Verdict::queued);
  fail_unless(ask(uploader, start, 4, 4, 5s, 3, 500, 15) == Verdict::queued);
  fail_unless(ask(uploader, start, 5, 5, 5s, 9, 4'000, 15) == Verdict::queued);
  for (std::uint64_t who : {5, 4, 3, 2, 1, 0}) {
    auto job = uploader.next(start, all, long_given);
    fail_unless(job && job->to == peer(who) &&
                job->chunk == chunk_of(5, static_cast<std::uint32_t>(who)));
  }
  fail_if(uploader.next(start, all, long_given));
}
GST_END_TEST;

// Rule: the first copies of a chunk go to who passes it on at least half as fast as this viewer,
// then the others have their turn.
GST_START_TEST(first_copies_spread) {
  Uploader uploader(start, {});
  auto all = company(6);
  fail_unless(ask(uploader, start, 0, 0, 5s, 9, 1'000, 15) == Verdict::queued);
  for (std::uint64_t who : {1, 2, 3, 4})
    fail_unless(ask(uploader, start, who, 0, 5s, 9, 16'000) == Verdict::queued);
  unsigned given = 0;
  for (std::uint64_t who : {1, 2, 3, 0, 4}) {
    auto job = uploader.next(start, all, [&](const ChunkName&) { return given; });
    fail_unless(job && job->to == peer(who), "copy %u", given);
    ++given;
  }
}
GST_END_TEST;

// Rule: who has waited for half of its time is served next, whoever else asks, the more urgent
// first; but not where there is too little uplink for all.
GST_START_TEST(the_overdue) {
  for (bool enough : {true, false}) {
    Uploader uploader(start, {});
    uploader.keep_promises(enough);
    auto all = company(4);
    fail_unless(ask(uploader, start, 0, 0, 2s, 9, 500) == Verdict::queued);
    fail_unless(ask(uploader, start + 100ms, 1, 1, 1600ms, 9, 500) == Verdict::queued);
    fail_unless(ask(uploader, start + 200ms, 2, 2, 5s, 9, 16'000) == Verdict::queued);
    fail_unless(uploader.next(start + 899ms, all, long_given)->to == peer(2), "nobody is overdue");
    fail_unless(ask(uploader, start + 950ms, 3, 3, 5s, 9, 16'000) == Verdict::queued);
    for (std::uint64_t who : enough ? std::array{1, 0, 3} : std::array{3, 1, 0}) {
      auto job = uploader.next(start + 1s, all, long_given);
      fail_unless(job && job->to == peer(who));
    }
  }
}
GST_END_TEST;

// Rule: of one viewer's requests only so many are served next for being overdue.
GST_START_TEST(a_few_are_overdue) {
  Uploader uploader(start, {});
  auto all = company(2);
  for (std::uint32_t chunk = 0; chunk < 20; ++chunk)
    fail_unless(ask(uploader, start, 1, chunk, 4s, 0, 500) == Verdict::queued);
  fail_unless(ask(uploader, start + 1s, 0, 0, 5s, 0, 16'000) == Verdict::queued);
  int before = 0;
  for (auto job = uploader.next(start + 3s, all, long_given); job && job->to == peer(1);
       job = uploader.next(start + 3s, all, long_given))
    ++before;
  fail_unless_equals_int(before, 16);
}
GST_END_TEST;

// Rule: first copies go before what is overdue, for they are what there is more of soon.
GST_START_TEST(first_copies_before_the_overdue) {
  Uploader uploader(start, {});
  auto all = company(2);
  fail_unless(ask(uploader, start, 0, 0, 2s, 9, 500) == Verdict::queued);
  fail_unless(ask(uploader, start + 1s, 1, 1, 2s, 9, 16'000) == Verdict::queued);
  auto given = [](const ChunkName& chunk) { return chunk == chunk_of(5, 1) ? 0u : 1'000u; };
  fail_unless(uploader.next(start + 1s, all, given)->to == peer(1));
  fail_unless(uploader.next(start + 1s, all, given)->to == peer(0));
}
GST_END_TEST;

// Rule: what is pushed goes before all that others ask for; who asks for it before it has gone out
// gets it once, as an answer.
GST_START_TEST(pushes_go_first) {
  Uploader uploader(start, {});
  auto all = company(4);
  for (std::uint64_t who : {1, 2})
    all.at(peer(who)).tells_uplink(16'000);
  fail_unless(ask(uploader, start, 0, 7, 5s, 9, 1'000, 15) == Verdict::queued);
  for (std::uint64_t who : {1, 2})
    uploader.push(start, all.at(peer(who)), chunk_of(5, 0), chunk_size);
  fail_unless(ask(uploader, start, 3, 7, 5s, 9, 32'000) == Verdict::queued);
  fail_unless(ask(uploader, start, 2, 0, 5s, 9, 16'000) == Verdict::queued);
  const std::pair<std::uint64_t, bool> order[] = {{1, false}, {2, true}, {3, true}, {0, true}};
  for (auto [who, asked] : order) {
    auto job = uploader.next(start, all, [](const ChunkName&) { return 0u; });
    fail_unless(job && job->to == peer(who) && job->asked == asked);
  }
  fail_if(uploader.next(start, all, [](const ChunkName&) { return 0u; }));
}
GST_END_TEST;

// Rule: a push goes out soon, as one of the first copies, or not at all, and nobody is told that it
// does not. One that has been asked for meanwhile is a request like others.
GST_START_TEST(pushes_are_dropped) {
  auto all = company(2);
  auto pushed = [&](unsigned given, Duration later, bool asked = false) {
    Uploader uploader(start, {});
    all.at(peer(1)).tells_uplink(16'000);
    uploader.push(start, all.at(peer(1)), chunk_of(5, 0), chunk_size);
    if (asked)
      fail_unless(ask(uploader, start, 1, 0) == Verdict::queued);
    fail_unless(uploader.displaced(start + later).empty());
    return uploader.next(start + later, all, [&](const ChunkName&) { return given; }).has_value();
  };
  fail_unless(pushed(0, 0ms) && pushed(2, 200ms));
  fail_if(pushed(3, 0ms));
  fail_if(pushed(0, 401ms));
  fail_unless(pushed(0, 401ms, true) && pushed(3, 0ms, true));
  Uploader slow(start, chunk_size);
  slow.push(start, all.at(peer(1)), chunk_of(5, 0), chunk_size);
  fail_if(slow.busy(), "it would take a second");
}
GST_END_TEST;

// Rule: who does not know its uplink yet counts as four bitrates at least.
GST_START_TEST(the_unknown_get_something) {
  for (double bitrate : {250'000., 1'000'000.}) {
    Uploader uploader(start, {});
    uploader.set_bitrate(bitrate);
    auto all = company(2);
    fail_unless(ask(uploader, start, 0, 0, 5s, 9, 16'000) == Verdict::queued);
    fail_unless(ask(uploader, start, 1, 0, 5s, 9) == Verdict::queued);
    auto first = uploader.next(start, all, long_given);
    fail_unless(first && first->to == peer(bitrate > 500'000 ? 1 : 0));
  }
}
GST_END_TEST;

// Rule: they also go to who uploads twice what the stream takes, where it asks a faster one.
GST_START_TEST(first_copies_to_the_fast) {
  for (double bitrate : {0., 270'000.}) { // twice that is more than 4 Mbit/s, as it is told
    Uploader uploader(start, {});
    uploader.set_bitrate(bitrate);
    auto all = company(3);
    for (int second = 0; second < 5; ++second) // its own way out carries 16 Mbit/s
      uploader.buffered(start + second * 1s, second ? 2'000'000 : 0, 4'000'000, 4'000'000);
    uploader.buffered(start + 5s, 2'000'000, 0, 0);
    fail_unless(uploader.uplink() > 1'900'000 && uploader.uplink() <= 2'000'000);
    fail_unless(ask(uploader, start + 5s, 0, 0, 5s, 9, 1'000, 15) == Verdict::queued);
    fail_unless(ask(uploader, start + 5s, 1, 0, 5s, 9, 4'096) == Verdict::queued);
    fail_unless(ask(uploader, start + 5s, 2, 0, 5s, 9, 2'048) == Verdict::queued);
    for (std::uint64_t who : bitrate > 0 ? std::array{1, 0, 2} : std::array{0, 1, 2}) {
      auto job = uploader.next(start + 5s, all, [](const ChunkName&) { return 0u; });
      fail_unless(job && job->to == peer(who));
    }
  }
}
GST_END_TEST;

// Rule: who can no longer be served in time, since others went before it, is told.
GST_START_TEST(displaced) {
  Uploader uploader(start, {});
  auto wait = [](int pieces) {
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::duration<double>(pieces * chunk_size / UplinkMeter().rate()));
  };
  fail_unless(ask(uploader, start, 0, 0, wait(2), 0) == Verdict::queued);
  fail_unless(ask(uploader, start, 1, 1, wait(2), 0, 16'000) == Verdict::queued);
  fail_unless(uploader.displaced(start).empty());
  fail_unless(ask(uploader, start, 2, 2, wait(4), 0, 16'000) == Verdict::queued);
  auto told = uploader.displaced(start);
  fail_unless_equals_int(told.size(), 1);
  fail_unless(told[0].to == peer(0));
  auto all = company(3);
  fail_unless(uploader.next(start, all, long_given)->to == peer(1));
  fail_unless(uploader.next(start, all, long_given)->to == peer(2));
  fail_if(uploader.next(start, all, long_given));
}
GST_END_TEST;

// Rule: over a while no more than the limit goes out, but for a burst of a chunk.
GST_START_TEST(the_limit) {
  constexpr std::uint64_t limit = 4 * chunk_size;
  Uploader uploader(start, limit);
  auto all = company(1);
  std::size_t sent = 0;
  for (auto now = start; now < start + 10s; now += 10ms) {
    ask(uploader, now, 0, 0);
    while (auto job = uploader.next(now, all, long_given)) {
      uploader.sent(chunk_size);
      sent += chunk_size;
      uploader.buffered(now, 0, 0, 0);
    }
  }
  fail_unless(sent <= 10 * limit + 2 * chunk_size && sent >= 10 * limit - 2 * chunk_size, "%zu",
              sent);
}
GST_END_TEST;

// Rule: when the limit is used up, it says when it has something again.
GST_START_TEST(the_next_wakeup) {
  Uploader uploader(start, chunk_size);
  auto all = company(1);
  uploader.next(start + 10s, all, long_given); // a burst has been saved up
  ask(uploader, start + 10s, 0, 0);
  ask(uploader, start + 10s, 0, 1);
  fail_unless(uploader.next(start + 10s, all, long_given));
  uploader.sent(2 * chunk_size);
  uploader.buffered(start + 10s, 0, 0, 0);
  fail_if(uploader.next(start + 10s, all, long_given));
  auto at = uploader.wakeup(start + 10s);
  fail_unless(at >= start + 11s && at <= start + 11100ms);
  fail_unless(uploader.next(at, all, long_given));
}
GST_END_TEST;

// Rule: a limit of nothing allows nothing.
GST_START_TEST(no_upload) {
  fail_if(Uploader(start, 0).allowed());
  fail_unless(Uploader(start, {}).allowed());
  fail_unless(Uploader(start, 1).allowed());
}
GST_END_TEST;

// Rule: what could not be sent before it is needed is refused at once; what is no longer needed is
// not sent.
GST_START_TEST(deadlines) {
  Uploader uploader(start, chunk_size); // one a second
  fail_unless(ask(uploader, start, 0, 0, 500ms) == Verdict::busy);
  fail_unless(ask(uploader, start, 0, 1, 5'000ms) == Verdict::queued);
  Uploader late(start, {});
  auto all = company(1);
  ask(late, start, 0, 0, 500ms);
  fail_if(late.next(start + 600ms, all, long_given));
}
GST_END_TEST;

// Rule: a request taken back is not served, nor anything of a viewer who has gone.
GST_START_TEST(taken_back) {
  Uploader uploader(start, {});
  auto all = company(2);
  ask(uploader, start, 0, 0);
  ask(uploader, start, 1, 1);
  uploader.cancel(peer(0), chunk_of(5, 0));
  uploader.forget(peer(1));
  fail_if(uploader.next(start, all, long_given));
}
GST_END_TEST;

// Rule: no more is on its way than goes out in a twentieth of a second, or one piece; a full
// connection is passed over; who would wait long while others have it is told to ask them.
GST_START_TEST(little_at_a_time) {
  Uploader uploader(start, {});
  auto all = company(10);
  std::size_t queued = 0;
  for (std::uint64_t i = 0; i < 9; ++i)
    queued += ask(uploader, start, i, 0, 1'600ms) == Verdict::queued;
  fail_unless(queued >= 2 && queued < 9, "%zu", queued);
  fail_unless(ask(uploader, start, 9, 1, 10s, 0) == Verdict::queued);
  all.at(peer(9)).given(start, send_low_mark);
  auto job = uploader.next(start, all, long_given);
  fail_unless(job && job->to != peer(9));
  uploader.sent(chunk_size);
  fail_if(uploader.next(start, all, long_given),
          "the guess is less than a piece in a twentieth of a second");
  uploader.buffered(start + 10ms, chunk_size, 0, 0);
  fail_unless(uploader.next(start + 10ms, all, long_given));
}
GST_END_TEST;

// Rule: what a line carries is measured while something waits on it, and known after a few pieces.
GST_START_TEST(the_uplink) {
  for (double rate : {50'000.0, 400'000.0, 2'000'000.0}) {
    UplinkMeter meter;
    fail_if(meter.known());
    auto now = start;
    for (int piece = 0; piece < 400; ++piece) {
      meter.report(now, 0, chunk_size);
      auto half = std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>(chunk_size / 2 / rate));
      meter.report(now += half, chunk_size / 2, chunk_size / 2);
      meter.report(now += half, chunk_size / 2, 0);
      now += 500ms; // nothing waits: this does not count
    }
    fail_unless(meter.known());
    fail_unless(meter.rate() > 0.9 * rate && meter.rate() < 1.1 * rate, "%f of %f", meter.rate(),
                rate);
  }
}
GST_END_TEST;

// Rule: a connection that stands still does not hold up the others.
GST_START_TEST(one_that_stands_still) {
  Neighbour still(peer(1), start);
  still.given(start, chunk_size);
  fail_unless(still.holds(start, chunk_size) == 0);
  fail_if(still.stands_still(start + 900ms, 1e6));
  fail_unless(still.stands_still(start + 1100ms, 1e6));
  fail_if(still.stands_still(start + 1100ms, 50'000), "a slow line needs longer");
  fail_unless(still.holds(start + 2s, chunk_size / 2) == chunk_size / 2);
  fail_if(still.stands_still(start + 2900ms, 1e6));

  Uploader uploader(start, {});
  auto all = company(2);
  fail_unless(ask(uploader, start, 0, 0) == Verdict::queued);
  uploader.buffered(start, 0, 40 * chunk_size, 40 * chunk_size);
  fail_if(uploader.next(start, all, long_given));
  uploader.buffered(start, 0, 40 * chunk_size, 0);
  fail_unless(uploader.next(start, all, long_given));
}
GST_END_TEST;

// Rule: what leaves before the connection has first spoken of it never waited, and tells
// nothing of the line.
GST_START_TEST(what_never_waited) {
  Neighbour quick(peer(1), start);
  quick.given(start, chunk_size);
  fail_unless_equals_int(quick.holds(start, 0), 0);
  quick.given(start, chunk_size);
  fail_unless_equals_int(quick.holds(start, chunk_size), 0);
  fail_unless_equals_int(quick.holds(start + 10ms, 0), chunk_size);
}
GST_END_TEST;

// Rule: however little goes out, a wait is a wait: nobody is promised what cannot come.
GST_START_TEST(a_line_that_carries_nothing) {
  UplinkMeter meter;
  for (auto now = start; now < start + 3'600s; now += 1s)
    meter.report(now, 0, chunk_size);
  fail_unless(meter.rate() > 0);
  Uploader uploader(start, {});
  for (auto now = start; now < start + 3'600s; now += 1s)
    uploader.buffered(now, 0, chunk_size, chunk_size);
  fail_unless(ask(uploader, start + 3'600s, 0, 0, 2s, 0) == Verdict::busy);
}
GST_END_TEST;

// Rule: what a viewer says of itself puts a few of its requests first, not all that it can think
// of.
GST_START_TEST(a_few_are_preferred) {
  Uploader uploader(start, {});
  auto all = company(2);
  fail_unless(ask(uploader, start, 0, 0, 10s, 0, 500) == Verdict::queued);
  for (std::uint32_t chunk = 1; chunk < 12; ++chunk)
    ask(uploader, start, 1, chunk, 9s, 0, 1'000'000, 1);
  int before = 0;
  for (auto job = uploader.next(start, all, long_given); job && job->to == peer(1);
       job = uploader.next(start, all, long_given))
    ++before;
  fail_unless(before > 0 && before <= 5, "%d", before);
}
GST_END_TEST;

// Rule: what could be sent in more than three quarters of the time that it is waited for is not
// promised: it would often come too late.
GST_START_TEST(a_promise_has_a_margin) {
  auto answer = [](double share) {
    Uploader uploader(start, chunk_size); // one chunk a second
    fail_unless(ask(uploader, start, 1, 0, 3s, 0) == Verdict::queued);
    fail_unless(ask(uploader, start, 1, 1, 3400ms, 0) == Verdict::queued);
    auto wait = 3.0; // behind these two; the tokens begin with none
    return ask(uploader, start, 2, 2,
               std::chrono::milliseconds(static_cast<int>(wait * 1'000 / share)), 0);
  };
  fail_unless(answer(0.7) == Verdict::queued);
  fail_unless(answer(0.8) == Verdict::busy);
}
GST_END_TEST;

static Suite* uploader_suite() {
  auto* suite = suite_create("uploader");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_order);
  tcase_add_test(tcase, the_overdue);
  tcase_add_test(tcase, a_few_are_overdue);
  tcase_add_test(tcase, first_copies_before_the_overdue);
  tcase_add_test(tcase, first_copies_spread);
  tcase_add_test(tcase, first_copies_to_the_fast);
  tcase_add_test(tcase, pushes_go_first);
  tcase_add_test(tcase, pushes_are_dropped);
  tcase_add_test(tcase, the_unknown_get_something);
  tcase_add_test(tcase, displaced);
  tcase_add_test(tcase, the_limit);
  tcase_add_test(tcase, the_next_wakeup);
  tcase_add_test(tcase, no_upload);
  tcase_add_test(tcase, deadlines);
  tcase_add_test(tcase, a_promise_has_a_margin);
  tcase_add_test(tcase, taken_back);
  tcase_add_test(tcase, little_at_a_time);
  tcase_add_test(tcase, the_uplink);
  tcase_add_test(tcase, one_that_stands_still);
  tcase_add_test(tcase, what_never_waited);
  tcase_add_test(tcase, a_line_that_carries_nothing);
  tcase_add_test(tcase, a_few_are_preferred);
  return suite;
}

GST_CHECK_MAIN(uploader)
