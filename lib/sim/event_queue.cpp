// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/event_queue.h"

#include <algorithm>
#include <utility>

namespace p2plive::sim {

void EventQueue::at(Time when, Event event) {
  heap_.push_back({std::max(when, now_), asked_++, std::move(event)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void EventQueue::run_until(Time end) {
  while (!heap_.empty() && heap_.front().when <= end) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    auto entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.when;
    ++executed_;
    entry.event();
  }
  now_ = std::max(now_, end);
}

} // namespace p2plive::sim
