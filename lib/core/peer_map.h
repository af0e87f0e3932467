// What is known of each of some viewers, in the order of their ids.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace p2plive::core {

/// As std::map<PeerId, T>, as far as it goes, but all ids lie together: some dozens of viewers are
/// looked up and gone through for every message. Entries stay where they are until they are erased;
/// iterators hold until the next insertion or erasure.
template <typename T>
class PeerMap {
public:
  using value_type = std::pair<const PeerId, T>;

  template <bool constant>
  class Iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = PeerMap::value_type;
    using reference = std::conditional_t<constant, const value_type&, value_type&>;
    using pointer = std::conditional_t<constant, const value_type*, value_type*>;

    Iterator() = default;
    explicit Iterator(const std::unique_ptr<value_type>* place) : place_(place) {}
    reference operator*() const { return **place_; }
    pointer operator->() const { return place_->get(); }
    Iterator& operator++() {
      ++place_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(place_++); }
    bool operator==(const Iterator& other) const = default;

  private:
    const std::unique_ptr<value_type>* place_ = nullptr;
  };
  using iterator = Iterator<false>;
  using const_iterator = Iterator<true>;

  iterator begin() { return iterator(entries_.data()); }
  iterator end() { return iterator(entries_.data() + entries_.size()); }
  const_iterator begin() const { return const_iterator(entries_.data()); }
  const_iterator end() const { return const_iterator(entries_.data() + entries_.size()); }

  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }

  iterator find(const PeerId& id) { return iterator(entries_.data() + look_up(id)); }
  const_iterator find(const PeerId& id) const {
    return const_iterator(entries_.data() + look_up(id));
  }
  bool contains(const PeerId& id) const { return look_up(id) < ids_.size(); }
  /// It must be there.
  T& at(const PeerId& id) { return entries_[look_up(id)]->second; }
  const T& at(const PeerId& id) const { return entries_[look_up(id)]->second; }

  /// An entry from these arguments, unless there is one: which, and whether it is new.
  template <typename... Arguments>
  std::pair<iterator, bool> try_emplace(const PeerId& id, Arguments&&... arguments) {
    auto place = std::ranges::lower_bound(ids_, id);
    auto index = place - ids_.begin();
    if (place != ids_.end() && *place == id)
      return {iterator(entries_.data() + index), false};
    auto entry =
        std::make_unique<value_type>(std::piecewise_construct, std::forward_as_tuple(id),
                                     std::forward_as_tuple(std::forward<Arguments>(arguments)...));
    ids_.insert(place, id);
    entries_.insert(entries_.begin() + index, std::move(entry));
    return {iterator(entries_.data() + index), true};
  }
  std::pair<iterator, bool> emplace(const PeerId& id, T value) {
    return try_emplace(id, std::move(value));
  }
  std::pair<iterator, bool> insert_or_assign(const PeerId& id, T value) {
    auto [place, is_new] = try_emplace(id, std::move(value));
    if (!is_new)
      place->second = std::move(value);
    return {place, is_new};
  }
  std::size_t erase(const PeerId& id) {
    auto index = look_up(id);
    if (index == ids_.size())
      return 0;
    ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(index));
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
    return 1;
  }
  void clear() {
    ids_.clear();
    entries_.clear();
  }

private:
  /// size(): it is not there.
  std::size_t look_up(const PeerId& id) const {
    auto place = std::ranges::lower_bound(ids_, id);
    return static_cast<std::size_t>((place != ids_.end() && *place == id ? place : ids_.end()) -
                                    ids_.begin());
  }

  std::vector<PeerId> ids_; ///< in order
  std::vector<std::unique_ptr<value_type>> entries_;
};

} // namespace p2plive::core
