// The simulator's clock: what is to happen, in order of time, and in order of asking where times
// are equal. Nothing here knows a real clock.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "sim/event.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace p2plive::sim {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;

class EventQueue {
public:
  explicit EventQueue(Time begin) : now_(begin) {}

  Time now() const { return now_; }
  /// Calls `event` at `when`, or now where that has passed already; never before this call returns.
  template <typename Function>
  void at(Time when, Function event) {
    auto slot = place();
    events_[slot].set(std::move(event));
    push({std::max(when, now_), asked_++, slot});
  }
  template <typename Function>
  void after(Duration wait, Function event) {
    at(now_ + wait, std::move(event));
  }

  /// Runs everything due until `end`, and ends there.
  void run_until(Time end);
  std::uint64_t executed() const { return executed_; }

private:
  struct Entry {
    Time when;
    std::uint64_t order = 0;
    std::uint32_t slot = 0; ///< of the event
    bool before(const Entry& other) const {
      return when != other.when ? when < other.when : order < other.order;
    }
  };
  std::uint32_t place();
  void push(Entry entry);
  Entry pop();

  Time now_;
  std::vector<Entry> heap_;         ///< the earliest first
  std::deque<Event> events_;        ///< where they are, they stay
  std::vector<std::uint32_t> free_; ///< places of `events_`
  std::uint64_t asked_ = 0;
  std::uint64_t executed_ = 0;
};

} // namespace p2plive::sim
