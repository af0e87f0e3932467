// The simulator's clock: what is to happen, in order of time, and in order of asking where times
// are equal. Nothing here knows a real clock.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "sim/event.h"

#include <algorithm>
#include <array>
#include <compare>
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
  explicit EventQueue(Time begin);

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
    auto operator<=>(const Entry&) const = default;
  };
  /// Milliseconds that are looked ahead.
  static constexpr std::int64_t pages = 512;

  std::uint32_t place();
  void push(const Entry& entry);
  void turn_page();
  void look_ahead() const;

  Time now_;
  // Most wait for some hundredths of a second: they lie by the millisecond in which they come, and
  // are put in order when it begins.
  std::int64_t page_;      ///< the millisecond that it is
  std::vector<Entry> due_; ///< in it, in order, from next_ on
  std::size_t next_ = 0;
  std::array<std::vector<Entry>, pages> later_; ///< in the next ones, in no order
  std::vector<Entry> far_;                      ///< after these: a heap, the earliest first
  std::deque<Event> events_;                    ///< where they are, they stay
  std::vector<std::uint32_t> free_;             ///< places of `events_`
  std::uint64_t asked_ = 0;
  std::uint64_t executed_ = 0;
};

} // namespace p2plive::sim
