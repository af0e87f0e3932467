// The simulator's clock: what is to happen, in order of time, and in order of asking where times
// are equal. Nothing here knows a real clock.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace p2plive::sim {

using namespace std::chrono_literals;
using core::Duration;
using core::Time;

class EventQueue {
public:
  using Event = std::function<void()>;

  explicit EventQueue(Time begin) : now_(begin) {}

  Time now() const { return now_; }
  /// Runs `event` at `when`, or now where that has passed already; never before this call returns.
  void at(Time when, Event event);
  void after(Duration wait, Event event) { at(now_ + wait, std::move(event)); }

  /// Runs everything due until `end`, and ends there.
  void run_until(Time end);
  std::uint64_t executed() const { return executed_; }

private:
  struct Entry {
    Time when;
    std::uint64_t order = 0;
    Event event;
  };
  /// For a heap with the earliest on top.
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Time now_;
  std::vector<Entry> heap_;
  std::uint64_t asked_ = 0;
  std::uint64_t executed_ = 0;
};

} // namespace p2plive::sim
