// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/output_queue.h"

#include <atomic>
#include <thread>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using viewer::OutputQueue;

namespace {

viewer::Delivery delivery(std::uint64_t number, std::size_t size = 188) {
  viewer::Delivery delivery;
  delivery.bytes.sn = core::SequenceNumber{number};
  delivery.bytes.size = size;
  return delivery;
}

std::uint64_t number_of(const viewer::Popped& popped) {
  return core::number(std::get<viewer::Delivery>(popped).bytes.sn);
}

auto in(std::chrono::nanoseconds time) {
  return std::chrono::steady_clock::now() + time;
}

template <typename What>
bool is(const viewer::Popped& output) {
  return std::holds_alternative<What>(output);
}

} // namespace

// Rule: an error comes after the bytes before it, once, and then the end for ever.
GST_START_TEST(an_error_comes_once_and_in_order) {
  OutputQueue queue([] {});
  queue.push(delivery(1));
  queue.push(Error{Error::Kind::read, "broken", ""});
  queue.push(delivery(2)); // too late
  fail_unless_equals_uint64(number_of(queue.pop({}, {})), 1);
  fail_unless(is<Error>(queue.pop({}, {})));
  fail_unless(is<EndOfStream>(queue.pop({}, {})));
  fail_unless(is<EndOfStream>(queue.pop({}, in(1ms))));
}
GST_END_TEST;

// Rule: pop() waits no longer than its deadline, and takes what is there even after it.
GST_START_TEST(a_deadline_holds) {
  OutputQueue queue([] {});
  auto deadline = in(20ms);
  fail_unless(is<NotYet>(queue.pop({}, deadline)));
  fail_unless(std::chrono::steady_clock::now() >= deadline);
  queue.push(delivery(1));
  fail_unless(is<viewer::Delivery>(queue.pop({}, deadline)));
}
GST_END_TEST;

// Rule: interrupt() wakes whoever waits, holds until it is taken back, and loses nothing.
GST_START_TEST(an_interrupt_wakes_and_loses_nothing) {
  OutputQueue queue([] {});
  std::thread waiter([&] { fail_unless(is<Interrupted>(queue.pop({}, in(10s)))); });
  queue.interrupt(true);
  waiter.join();
  queue.push(delivery(1));
  fail_unless(is<Interrupted>(queue.pop({}, {})));
  queue.interrupt(false);
  fail_unless(is<viewer::Delivery>(queue.pop({}, {})));
}
GST_END_TEST;

// Rule: who was met and who is gone is told before the bytes that wait, in order, and not after the
// end.
GST_START_TEST(peers_are_told_first) {
  OutputQueue queue([] {});
  queue.push(delivery(1));
  queue.peer_added("a");
  queue.peer_added("b");
  fail_unless(std::get<PeerAdded>(queue.pop({}, {})).peer_id == "a");
  queue.peer_removed("a", "gone");
  fail_unless(std::get<PeerAdded>(queue.pop({}, {})).peer_id == "b");
  auto removed = std::get<PeerRemoved>(queue.pop({}, {}));
  fail_unless(removed.peer_id == "a" && removed.reason == "gone");
  fail_unless(is<viewer::Delivery>(queue.pop({}, {})));
  queue.push(EndOfStream{});
  fail_unless(is<EndOfStream>(queue.pop({}, {})));
  queue.peer_removed("b", "gone");
  fail_unless(is<EndOfStream>(queue.pop({}, {})));
}
GST_END_TEST;

// Rule: a peer wakes whoever waits for bytes.
GST_START_TEST(a_peer_wakes) {
  OutputQueue queue([] {});
  std::thread waiter([&] { fail_unless(is<PeerAdded>(queue.pop({}, in(10s)))); });
  queue.peer_added("a");
  waiter.join();
}
GST_END_TEST;

// Rule: peers that come and go while nobody asks are not kept; of one that was told of, its going
// and its coming back are.
GST_START_TEST(who_came_and_went_is_no_news) {
  OutputQueue queue([] {});
  queue.peer_added("known");
  fail_unless(is<PeerAdded>(queue.pop({}, {})));
  queue.peer_removed("known", "first");
  for (int i = 0; i < 1000; ++i) {
    queue.peer_added("a");
    queue.peer_added("known");
    queue.peer_removed("a", "");
    queue.peer_removed("known", "again");
  }
  queue.peer_added("known");
  fail_unless(std::get<PeerRemoved>(queue.pop({}, {})).reason == "first");
  fail_unless(is<PeerAdded>(queue.pop({}, {})));
  fail_unless(is<NotYet>(queue.pop({}, in(1ms))));
}
GST_END_TEST;

// Rule: date ranges are told before the bytes that wait, in order; one that changes before it is
// told of is told once, with what it is then, and who waits for bytes is woken for one.
GST_START_TEST(date_ranges_are_told_first) {
  OutputQueue queue([] {});
  queue.push(delivery(1));
  queue.date_range({.id = "a", .class_name = "first"});
  queue.date_range({.id = "b"});
  queue.date_range({.id = "a", .class_name = "second"});
  queue.peer_added("peer");
  fail_unless(is<PeerAdded>(queue.pop({}, {})));
  auto first = std::get<DateRange>(queue.pop({}, {}));
  fail_unless(first.id == "a" && first.class_name == "second");
  fail_unless(std::get<DateRange>(queue.pop({}, {})).id == "b");
  fail_unless(is<viewer::Delivery>(queue.pop({}, {})));
  queue.date_range({.id = "a", .class_name = "third"});
  fail_unless(std::get<DateRange>(queue.pop({}, {})).class_name == "third");
  std::thread waiter([&] { fail_unless(is<DateRange>(queue.pop({}, in(10s)))); });
  queue.date_range({.id = "c"});
  waiter.join();
}
GST_END_TEST;

// Rule: an application that asks for nothing costs no more than a playlist: the last are kept.
GST_START_TEST(date_ranges_are_bounded) {
  constexpr auto most = viewer::DateRangeNews::most;
  OutputQueue queue([] {});
  for (std::size_t i = 0; i < 3 * most; ++i)
    queue.date_range({.id = std::to_string(i)});
  for (std::size_t i = 2 * most; i < 3 * most; ++i)
    fail_unless(std::get<DateRange>(queue.pop({}, in(0ms))).id == std::to_string(i));
  fail_unless(is<NotYet>(queue.pop({}, in(0ms))));
}
GST_END_TEST;

// Rule: what was taken is told once for many buffers, and again after it was collected.
GST_START_TEST(taken_is_told_in_batches) {
  int told = 0;
  OutputQueue queue([&] { ++told; });
  for (int i = 0; i < 3; ++i)
    queue.push(delivery(i, 100));
  queue.pop(1s, {});
  queue.pop(2s, {});
  fail_unless_equals_int(told, 1);
  auto taken = queue.collect();
  fail_unless_equals_uint64(taken.bytes, 200);
  fail_unless(taken.playing == 2s);
  queue.pop({}, {});
  fail_unless_equals_int(told, 2);
  fail_unless_equals_uint64(queue.collect().bytes, 100);
}
GST_END_TEST;

// Rule: chunks that play for a moment do not wake the network thread each; a tenth of a second of
// them does, and so does what an empty queue has left untold for so long.
GST_START_TEST(moments_are_told_together) {
  int told = 0;
  std::uint64_t bytes = 0;
  OutputQueue* self = nullptr;
  OutputQueue queue([&] { ++told, bytes += self->collect().bytes; });
  self = &queue;
  auto began = std::chrono::steady_clock::now();
  for (int chunk = 0; chunk < 100; ++chunk) {
    auto moment = delivery(1);
    moment.bytes.duration = 11ms;
    queue.push(std::move(moment));
    queue.pop({}, {});
  }
  auto took = std::chrono::steady_clock::now() - began;
  fail_unless(told >= 10 && told <= 11 + took / 100ms, "told %d times", told);
  queue.pop({}, in(110ms));
  queue.pop({}, in(0ms));
  fail_unless_equals_uint64(bytes, 100 * 188);
}
GST_END_TEST;

namespace {

constexpr viewer::Portions portions{.together = 200ms, .enough = 1500ms};

/// Takes one buffer and keeps its thread for as long as it takes to pass on, then asks again.
viewer::Popped take_slowly(OutputQueue& queue, std::chrono::nanoseconds ahead,
                           std::chrono::milliseconds passing = 15ms) {
  fail_unless(is<viewer::Delivery>(queue.pop(1s, {}, ahead)));
  OutputQueue nothing([] {});
  nothing.pop({}, in(passing));
  return queue.pop(1s, in(0ms), ahead);
}

} // namespace

// Rule: who has enough and takes slowly has full queues: it gets the next bytes when there is room
// for more of them.
GST_START_TEST(full_queues_get_portions) {
  constexpr viewer::Portions rare{.together = 1s, .enough = 1500ms};
  OutputQueue queue([] {}, rare);
  for (int i = 0; i < 3; ++i)
    queue.push(delivery(i));
  auto began = std::chrono::steady_clock::now();
  fail_unless(is<NotYet>(take_slowly(queue, 2s)));
  queue.push(delivery(3));
  fail_unless(is<NotYet>(queue.pop(1s, in(1ms), 2s)));
  fail_unless_equals_uint64(number_of(queue.pop(1s, {}, 2s)), 1);
  auto rested = std::chrono::steady_clock::now() - began;
  fail_unless(rested >= rare.together);
  for (int i = 2; i < 4; ++i)
    fail_unless_equals_uint64(number_of(queue.pop(1s, in(10s), 2s)), i);
}
GST_END_TEST;

// Rule: until then it is told what is no bytes, and an interrupt is heard.
GST_START_TEST(only_bytes_wait) {
  OutputQueue queue([] {}, {.together = 60s, .enough = 1s});
  queue.push(delivery(0));
  queue.push(delivery(1));
  fail_unless(is<NotYet>(take_slowly(queue, 2s)));
  queue.warn({});
  fail_unless(is<Warning>(queue.pop(1s, in(0ms), 2s)));
  std::thread waiter([&] { fail_unless(is<Interrupted>(queue.pop(1s, in(10s), 2s))); });
  queue.interrupt(true);
  waiter.join();
}
GST_END_TEST;

// Rule: nobody else waits for bytes that are there: who has little or does not know, who takes
// faster than they play, or who is to have them as there is room.
GST_START_TEST(bytes_wait_for_nobody_else) {
  for (auto [what, ahead, media] :
       {std::tuple(portions, 1400ms, 20ms), std::tuple(portions, 2000ms, 10'000ms),
        std::tuple(viewer::Portions{}, 2000ms, 20ms)}) {
    OutputQueue queue([] {}, what);
    for (int i = 0; i < 2; ++i) {
      auto next = delivery(i);
      next.bytes.duration = media;
      queue.push(std::move(next));
    }
    fail_unless_equals_uint64(number_of(take_slowly(queue, ahead)), 1);
  }
  OutputQueue queue([] {}, portions);
  queue.push(delivery(0));
  queue.push(delivery(1));
  fail_unless(is<NotYet>(take_slowly(queue, 2s)));
  OutputQueue([] {}).pop({}, in(portions.together));
  fail_unless(is<viewer::Delivery>(queue.pop({}, in(-10s)))); // the deadline came first
}
GST_END_TEST;

// Rule: where much is handed out together it is told together.
GST_START_TEST(portions_are_told_together) {
  int told = 0;
  OutputQueue* self = nullptr;
  OutputQueue queue([&] { ++told, self->collect(); }, {.together = 10s, .enough = {}});
  self = &queue;
  for (int chunk = 0; chunk < 12; ++chunk) {
    auto moment = delivery(chunk, core::chunk_size);
    moment.bytes.duration = 1s;
    queue.push(std::move(moment));
    queue.pop({}, {});
    fail_unless_equals_int(told, chunk < 10 ? 1 : 2); // of the first at once
  }
}
GST_END_TEST;

// Rule: the clock of somebody who waits is told too, for pacing follows it.
GST_START_TEST(the_clock_of_a_waiter_is_told) {
  int told = 0;
  OutputQueue queue([&] { ++told; });
  queue.pop(1s, in(0ms));
  fail_unless_equals_int(told, 1);
  fail_unless(queue.collect().playing == 1s);
  queue.pop(1s, in(0ms)); // no news
  fail_unless_equals_int(told, 1);
  queue.pop({}, in(0ms)); // a pause
  fail_unless_equals_int(told, 2);
  fail_if(queue.collect().playing);
  queue.pop({}, in(0ms));
  fail_unless_equals_int(told, 2);
}
GST_END_TEST;

// Rule: nothing is lost, doubled or reordered between two threads, and all bytes taken are told.
GST_START_TEST(two_threads_lose_nothing) {
  constexpr std::uint64_t count = 20'000;
  std::atomic<std::uint64_t> told = 0;
  OutputQueue* self = nullptr;
  OutputQueue queue([&] { told += self->collect().bytes; });
  self = &queue;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < count; ++i)
      queue.push(delivery(i, 1));
    queue.push(EndOfStream{});
  });
  std::thread disturber([&] {
    for (int i = 0; i < 200; ++i) {
      queue.interrupt(true);
      std::this_thread::yield();
      queue.interrupt(false);
    }
  });
  std::uint64_t expected = 0;
  for (;;) {
    auto output = queue.pop({}, in(10s));
    if (is<EndOfStream>(output))
      break;
    fail_if(is<NotYet>(output));
    if (is<viewer::Delivery>(output))
      fail_unless_equals_uint64(number_of(output), expected++);
  }
  producer.join();
  disturber.join();
  fail_unless_equals_uint64(expected, count);
  fail_unless_equals_uint64(told + queue.collect().bytes, count);
}
GST_END_TEST;

static Suite* output_queue_suite() {
  auto* suite = suite_create("output_queue");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, an_error_comes_once_and_in_order);
  tcase_add_test(tcase, a_deadline_holds);
  tcase_add_test(tcase, an_interrupt_wakes_and_loses_nothing);
  tcase_add_test(tcase, peers_are_told_first);
  tcase_add_test(tcase, a_peer_wakes);
  tcase_add_test(tcase, who_came_and_went_is_no_news);
  tcase_add_test(tcase, date_ranges_are_told_first);
  tcase_add_test(tcase, date_ranges_are_bounded);
  tcase_add_test(tcase, taken_is_told_in_batches);
  tcase_add_test(tcase, moments_are_told_together);
  tcase_add_test(tcase, full_queues_get_portions);
  tcase_add_test(tcase, only_bytes_wait);
  tcase_add_test(tcase, bytes_wait_for_nobody_else);
  tcase_add_test(tcase, portions_are_told_together);
  tcase_add_test(tcase, the_clock_of_a_waiter_is_told);
  tcase_add_test(tcase, two_threads_lose_nothing);
  return suite;
}

GST_CHECK_MAIN(output_queue)
