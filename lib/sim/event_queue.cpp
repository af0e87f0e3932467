// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/event_queue.h"

#include <algorithm>

namespace p2plive::sim {

namespace {
/// Children of an entry of the heap: they share a cache line or two.
constexpr std::size_t fan = 4;
} // namespace

std::uint32_t EventQueue::place() {
  if (free_.empty()) {
    events_.emplace_back();
    return static_cast<std::uint32_t>(events_.size() - 1);
  }
  auto slot = free_.back();
  free_.pop_back();
  return slot;
}

void EventQueue::push(Entry entry) {
  auto hole = heap_.size();
  heap_.push_back(entry);
  while (hole > 0) {
    auto parent = (hole - 1) / fan;
    if (!entry.before(heap_[parent]))
      break;
    heap_[hole] = heap_[parent];
    hole = parent;
  }
  heap_[hole] = entry;
}

EventQueue::Entry EventQueue::pop() {
  auto first = heap_.front();
  auto last = heap_.back();
  heap_.pop_back();
  std::size_t hole = 0;
  while (hole * fan + 1 < heap_.size()) {
    auto child = hole * fan + 1;
    auto end = std::min(child + fan, heap_.size());
    for (auto other = child + 1; other < end; ++other)
      if (heap_[other].before(heap_[child]))
        child = other;
    if (!heap_[child].before(last))
      break;
    heap_[hole] = heap_[child];
    hole = child;
  }
  if (!heap_.empty())
    heap_[hole] = last;
  return first;
}

void EventQueue::run_until(Time end) {
  while (!heap_.empty() && heap_.front().when <= end) {
    auto entry = pop();
    now_ = entry.when;
    ++executed_;
    if (!heap_.empty()) // the next is somewhere else, as a rule
      __builtin_prefetch(&events_[heap_.front().slot]);
    auto& event = events_[entry.slot];
    event();
    event.clear();
    free_.push_back(entry.slot);
  }
  now_ = std::max(now_, end);
}

} // namespace p2plive::sim
