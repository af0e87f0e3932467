// Some dozens of things by key, in the order of the keys.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/prefetch.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace p2plive::core {

/// As std::map<Key, T>, as far as it goes, but all keys lie together: viewers and segments are
/// looked up and gone through for every message. Entries stay where they are until they are erased;
/// iterators hold until the next insertion or erasure.
template <typename Key, typename T>
class FlatMap {
public:
  using value_type = std::pair<const Key, T>;

  template <bool constant>
  class Iterator {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = FlatMap::value_type;
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
    Iterator& operator--() {
      --place_;
      return *this;
    }
    Iterator operator--(int) { return Iterator(place_--); }
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

  std::size_t size() const { return keys_.size(); }
  bool empty() const { return keys_.empty(); }

  iterator find(const Key& key) { return iterator(entries_.data() + look_up(key)); }
  const_iterator find(const Key& key) const {
    return const_iterator(entries_.data() + look_up(key));
  }
  bool contains(const Key& key) const { return look_up(key) < keys_.size(); }
  /// It must be there.
  T& at(const Key& key) { return entries_[look_up(key)]->second; }
  const T& at(const Key& key) const { return entries_[look_up(key)]->second; }

  /// They are about to be gone through: the processor may fetch them together meanwhile.
  void prefetch() const {
    for (const auto& entry : entries_)
      for (std::size_t line = 0; line < 192; line += 64)
        prefetch_at(reinterpret_cast<const char*>(entry.get()) + line);
  }
  /// One is about to be looked for.
  void prefetch_keys() const {
    for (std::size_t key = 0; key < keys_.size(); key += 64 / sizeof(Key))
      prefetch_at(&keys_[key]);
    for (std::size_t entry = 0; entry < entries_.size(); entry += 64 / sizeof(entries_[0]))
      prefetch_at(&entries_[entry]);
  }

  /// An entry from these arguments, unless there is one: which, and whether it is new.
  template <typename... Arguments>
  std::pair<iterator, bool> try_emplace(const Key& key, Arguments&&... arguments) {
    auto place = std::ranges::lower_bound(keys_, key);
    auto index = place - keys_.begin();
    if (place != keys_.end() && *place == key)
      return {iterator(entries_.data() + index), false};
    auto entry =
        std::make_unique<value_type>(std::piecewise_construct, std::forward_as_tuple(key),
                                     std::forward_as_tuple(std::forward<Arguments>(arguments)...));
    keys_.insert(place, key);
    entries_.insert(entries_.begin() + index, std::move(entry));
    return {iterator(entries_.data() + index), true};
  }
  std::pair<iterator, bool> emplace(const Key& key, T value) {
    return try_emplace(key, std::move(value));
  }
  std::pair<iterator, bool> insert_or_assign(const Key& key, T value) {
    auto [place, is_new] = try_emplace(key, std::move(value));
    if (!is_new)
      place->second = std::move(value);
    return {place, is_new};
  }
  std::size_t erase(const Key& key) {
    auto index = look_up(key);
    if (index == keys_.size())
      return 0;
    keys_.erase(keys_.begin() + static_cast<std::ptrdiff_t>(index));
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
    return 1;
  }
  /// All below `key`.
  void erase_before(const Key& key) {
    if (keys_.empty() || !(keys_.front() < key))
      return;
    auto count = std::ranges::lower_bound(keys_, key) - keys_.begin();
    keys_.erase(keys_.begin(), keys_.begin() + count);
    entries_.erase(entries_.begin(), entries_.begin() + count);
  }
  void clear() {
    keys_.clear();
    entries_.clear();
  }

private:
  /// size(): it is not there.
  std::size_t look_up(const Key& key) const {
    auto place = std::ranges::lower_bound(keys_, key);
    return static_cast<std::size_t>((place != keys_.end() && *place == key ? place : keys_.end()) -
                                    keys_.begin());
  }

  std::vector<Key> keys_; ///< in order
  std::vector<std::unique_ptr<value_type>> entries_;
};

} // namespace p2plive::core
