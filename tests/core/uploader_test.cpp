// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uploader.h"

#include "core/swarm.h"
#include "core_test.h"

#include <vector>

namespace {

using Verdict = Uploader::Verdict;

std::map<PeerId, Neighbour> company(std::uint64_t count) {
  std::map<PeerId, Neighbour> out;
  for (std::uint64_t i = 0; i < count; ++i)
    out.emplace(peer(i), Neighbour(peer(i), start));
  return out;
}

Verdict ask(Uploader& uploader, Time now, std::uint64_t who, std::uint32_t chunk,
            std::chrono::milliseconds deadline = 5'000ms) {
  Duration retry{};
  auto verdict =
      uploader.request(now, peer(who), {chunk_of(5, chunk), deadline}, chunk_size, retry);
  fail_unless((verdict == Verdict::busy) == (retry > 0ns));
  return verdict;
}

} // namespace

// Rule: viewers are served in turn, each in the order in which it asked.
GST_START_TEST(in_turn) {
  Uploader uploader(start, {});
  auto all = company(2);
  ask(uploader, start, 0, 0);
  ask(uploader, start, 0, 1);
  ask(uploader, start, 1, 2);
  auto first = uploader.next(start, all);
  auto second = uploader.next(start, all);
  auto third = uploader.next(start, all);
  fail_unless(first && second && third);
  fail_unless(first->to != second->to);
  fail_unless(third->to == peer(0) && third->chunk == chunk_of(5, 1));
  fail_if(uploader.next(start, all));
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
    while (auto job = uploader.next(now, all)) {
      uploader.sent(chunk_size);
      sent += chunk_size;
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
  uploader.next(start + 10s, all); // a burst has been saved up
  ask(uploader, start + 10s, 0, 0);
  ask(uploader, start + 10s, 0, 1);
  fail_unless(uploader.next(start + 10s, all));
  uploader.sent(2 * chunk_size);
  fail_if(uploader.next(start + 10s, all));
  auto at = uploader.wakeup(start + 10s);
  fail_unless(at >= start + 11s && at <= start + 11100ms);
  fail_unless(uploader.next(at, all));
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
  fail_if(late.next(start + 600ms, all));
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
  fail_if(uploader.next(start, all));
}
GST_END_TEST;

// Rule: three connections are filled at a time, a full one is passed over, and who would wait
// while many do is told to ask elsewhere.
GST_START_TEST(few_at_a_time) {
  Uploader uploader(start, {});
  auto all = company(10);
  std::size_t queued = 0;
  for (std::uint64_t i = 0; i < 10; ++i)
    queued += ask(uploader, start, i, 0) == Verdict::queued;
  fail_unless(queued >= 2 && queued < 10, "%zu", queued);
  std::size_t served = 0;
  while (auto job = uploader.next(start, all)) {
    all.at(job->to).buffered = send_low_mark;
    ++served;
  }
  fail_unless_equals_int(served, 3);
  all.begin()->second.buffered = 0;
}
GST_END_TEST;

static Suite* uploader_suite() {
  auto* suite = suite_create("uploader");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_turn);
  tcase_add_test(tcase, the_limit);
  tcase_add_test(tcase, the_next_wakeup);
  tcase_add_test(tcase, no_upload);
  tcase_add_test(tcase, deadlines);
  tcase_add_test(tcase, taken_back);
  tcase_add_test(tcase, few_at_a_time);
  return suite;
}

GST_CHECK_MAIN(uploader)
