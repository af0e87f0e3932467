// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/event_queue.h"

#include "core/prefetch.h"

#include <algorithm>
#include <functional>

namespace p2plive::sim {

namespace {

/// A world of ten thousand viewers fits into no cache, and an event stands at whatever viewer: what
/// it needs is asked for in so many steps, each so many events ahead of the next.
constexpr unsigned steps = 9;
constexpr std::size_t stride = 4;

std::int64_t page_of(Time when) {
  return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

} // namespace

EventQueue::EventQueue(Time begin) : now_(begin), page_(page_of(begin)) {}

std::uint32_t EventQueue::place() {
  if (free_.empty()) {
    events_.emplace_back();
    return static_cast<std::uint32_t>(events_.size() - 1);
  }
  auto slot = free_.back();
  free_.pop_back();
  return slot;
}

void EventQueue::push(const Entry& entry) {
  auto page = page_of(entry.when);
  if (page <= page_) {
    auto from = due_.begin() + static_cast<std::ptrdiff_t>(next_);
    due_.insert(std::upper_bound(from, due_.end(), entry), entry);
  } else if (page < page_ + pages) {
    later_[static_cast<std::size_t>(page % pages)].push_back(entry);
  } else {
    far_.push_back(entry);
    std::ranges::push_heap(far_, std::greater());
  }
}

void EventQueue::turn_page() {
  ++page_;
  due_.clear();
  next_ = 0;
  while (!far_.empty() && page_of(far_.front().when) < page_ + pages) {
    std::ranges::pop_heap(far_, std::greater());
    later_[static_cast<std::size_t>(page_of(far_.back().when) % pages)].push_back(far_.back());
    far_.pop_back();
  }
  std::swap(due_, later_[static_cast<std::size_t>(page_ % pages)]);
  std::ranges::sort(due_);
}

/// The farthest first, which only just came into sight.
void EventQueue::look_ahead() const {
  auto left = due_.size() - next_;
  if (left > steps * stride)
    core::prefetch_at(&events_[due_[next_ + steps * stride].slot]);
  for (unsigned step = 0; step < steps; ++step)
    if (auto place = (steps - 1 - step) * stride; place < left)
      events_[due_[next_ + place].slot].approach(step);
}

void EventQueue::run_until(Time end) {
  for (auto last_page = page_of(end);;) {
    if (next_ == due_.size()) {
      if (page_ >= last_page)
        break;
      turn_page();
      continue;
    }
    if (due_[next_].when > end)
      break;
    look_ahead();
    auto entry = due_[next_++];
    now_ = entry.when;
    ++executed_;
    auto& event = events_[entry.slot];
    event();
    event.clear();
    free_.push_back(entry.slot);
  }
  now_ = std::max(now_, end);
}

} // namespace p2plive::sim
