// What waits in line.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/prefetch.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace p2plive::sim {

/// As std::deque, as far as it goes, but takes no memory while it is empty and was never used: a
/// world has hundreds of thousands.
template <typename T>
class Fifo {
public:
  bool empty() const { return first_ == items_.size(); }
  std::size_t size() const { return items_.size() - first_; }
  T& front() { return items_[first_]; }
  void push_back(T item) { items_.push_back(std::move(item)); }
  T pop_front() {
    T item = std::move(items_[first_]);
    if (++first_ == items_.size()) {
      clear();
    } else if (first_ >= most_gone && first_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return item;
  }
  void clear() {
    items_.clear();
    first_ = 0;
  }
  /// One will be put into it soon.
  void prefetch() const { core::prefetch_at(items_.data() + items_.size()); }
  auto begin() { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() { return items_.end(); }

private:
  static constexpr std::size_t most_gone = 16;
  std::vector<T> items_;
  std::size_t first_ = 0; ///< those before it are gone
};

} // namespace p2plive::sim
