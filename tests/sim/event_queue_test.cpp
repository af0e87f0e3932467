// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/event_queue.h"
#include "sim/fifo.h"

#include <gst/check/gstcheck.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <vector>

using namespace p2plive::sim;

namespace {
constexpr Time begin = Time{} + 5s;
}

// Rule: events come in order of time, of equal times in order of asking; what is asked for within
// an event comes after it, and what lies in the past comes now.
GST_START_TEST(in_order) {
  EventQueue queue(begin);
  std::mt19937 random(1);
  std::vector<std::pair<Time, int>> asked, came;
  for (int i = 0; i < 2'000; ++i) {
    auto at = begin + std::chrono::milliseconds(random() % 300);
    asked.emplace_back(at, i);
    queue.at(at, [&, at, i] {
      fail_unless(queue.now() == at);
      came.emplace_back(at, i);
      if (i % 10 == 0)
        queue.at(begin, [&, at, i] { came.emplace_back(queue.now(), 10'000 + i); });
    });
  }
  queue.run_until(begin + 150ms);
  fail_unless(queue.now() == begin + 150ms && came.back().first <= queue.now());
  queue.run_until(begin + 1s);
  fail_unless_equals_int(came.size(), 2'200);
  fail_unless_equals_uint64(queue.executed(), 2'200);
  std::ranges::sort(asked);
  std::size_t next = 0, late = 0;
  for (std::size_t i = 0; i < came.size(); ++i) {
    fail_unless(i == 0 || came[i - 1].first <= came[i].first);
    if (came[i].second >= 10'000)
      ++late;
    else
      fail_unless(came[i] == asked[next++]);
  }
  fail_unless_equals_int(late, 200);
}
GST_END_TEST;

// Rule: an event of any size is called once, and what it holds lives until it has been called, or
// the queue goes.
GST_START_TEST(what_events_hold) {
  auto held = std::make_shared<int>(0);
  std::array<std::uint64_t, 40> large{};
  large.back() = 3;
  {
    EventQueue queue(begin);
    queue.after(1ms, [held] { *held += 1; });
    queue.after(2ms, [held, large] { *held += static_cast<int>(large.back()); });
    queue.after(3ms, [held, &queue] {
      for (int i = 0; i < 1'000; ++i) // the place of this one stays where it is
        queue.after(1h, [held] { *held += 100; });
      *held += 10;
    });
    fail_unless_equals_int(held.use_count(), 4);
    queue.run_until(begin + 2ms);
    fail_unless_equals_int(*held, 4);
    fail_unless_equals_int(held.use_count(), 2);
    queue.run_until(begin + 1s);
    fail_unless_equals_int(*held, 14);
    fail_unless_equals_int(held.use_count(), 1'001);
  }
  fail_unless_equals_int(held.use_count(), 1);
}
GST_END_TEST;

/// Notes what it was told of.
struct Prepared {
  std::vector<unsigned>* steps;
  std::size_t* called_after;
  void operator()() const { *called_after = steps->size(); }
  void approach(unsigned step) const { steps->push_back(step); }
};

// Rule: an event that can be prepared is told of all steps, in order, before it is called, where as
// many others come before it in the same millisecond; of the last ones where fewer do. It comes in
// its order. (A step comes twice where another event slips in before.)
GST_START_TEST(prepared) {
  EventQueue queue(begin);
  constexpr std::size_t count = 300, in_a_millisecond = 100;
  std::array<std::vector<unsigned>, count> steps;
  std::array<std::size_t, count> called_after{};
  std::vector<unsigned> late_steps;
  std::size_t late_called_after = 99;
  for (std::size_t i = 0; i < count; ++i)
    queue.at(begin + 10us * (count - i) - 5us, Prepared{&steps[i], &called_after[i]});
  queue.at(begin + 1us, [&] { queue.after(1us, Prepared{&late_steps, &late_called_after}); });
  queue.run_until(begin + 1s);
  const auto& all = steps[0]; // the last of them
  fail_unless(all.size() > 4);
  for (std::size_t i = 0; i < all.size(); ++i)
    fail_unless_equals_int(all[i], i);
  for (std::size_t i = 0; i < count; ++i) {
    auto& told = steps[i];
    fail_unless(told.size() > 0 && called_after[i] == told.size());
    fail_unless(std::ranges::is_sorted(told));
    auto twice = std::ranges::unique(told);
    told.erase(twice.begin(), twice.end());
    fail_unless(std::ranges::equal(told, std::span(all).last(told.size())));
    if ((count - 1 - i) % in_a_millisecond >= 50)
      fail_unless_equals_int(told.size(), all.size());
  }
  fail_unless_equals_int(late_called_after, 1);
  fail_unless(late_steps == std::vector{all.back()});
}
GST_END_TEST;

// Rule: what is asked for when many wait already comes before those that come later, however many
// are asked for at once.
GST_START_TEST(before_others) {
  EventQueue queue(begin);
  std::vector<int> came;
  for (int i = 0; i < 500; ++i)
    queue.at(begin + 1s + i * 1us, [&, i] { came.push_back(1'000 + i); });
  queue.at(begin + 1ms, [&] {
    for (int i = 0; i < 200; ++i)
      queue.after(1ms * (200 - i), [&, i] { came.push_back(200 - i); });
  });
  queue.run_until(begin + 3s);
  fail_unless_equals_int(came.size(), 700);
  fail_unless(std::ranges::is_sorted(came));
}
GST_END_TEST;

// Rule: first in, first out, as a std::deque has it, and what has gone out is let go of.
GST_START_TEST(waiting_in_line) {
  Fifo<std::shared_ptr<int>> fifo;
  std::deque<std::shared_ptr<int>> model;
  std::mt19937 random(1);
  for (int i = 0; i < 5'000; ++i) {
    // Growing and shrinking in turns.
    if (random() % 100 < (i / 500 % 2 == 0 ? 60u : 40u)) {
      model.push_back(std::make_shared<int>(i));
      fifo.push_back(model.back());
    } else if (!model.empty()) {
      fail_unless(fifo.front() == model.front());
      fail_unless(fifo.pop_front() == model.front());
      fail_unless_equals_int(model.front().use_count(), 1);
      model.pop_front();
    }
    fail_unless(fifo.size() == model.size() && fifo.empty() == model.empty());
    fail_unless(std::equal(fifo.begin(), fifo.end(), model.begin(), model.end()));
  }
  fail_if(model.empty());
  fifo.clear();
  fail_unless(fifo.empty() && model.front().use_count() == 1);
}
GST_END_TEST;

static Suite* event_queue_suite() {
  auto* suite = suite_create("event_queue");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_order);
  tcase_add_test(tcase, what_events_hold);
  tcase_add_test(tcase, prepared);
  tcase_add_test(tcase, before_others);
  tcase_add_test(tcase, waiting_in_line);
  return suite;
}

GST_CHECK_MAIN(event_queue)
