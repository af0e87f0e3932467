// Which chunks of a segment: a set of numbers below the segment's count, as bits.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace p2plive::core {

class ChunkSet {
public:
  ChunkSet() = default;
  explicit ChunkSet(std::size_t chunks)
      : count_(chunks), further_(chunks > 64 ? (chunks - 1) / 64 : 0) {}

  /// Chunks of the segment, in the set or not.
  std::size_t count() const { return count_; }
  bool contains(std::size_t chunk) const {
    return chunk < count_ && (word(chunk) >> chunk % 64 & 1) != 0;
  }
  /// Numbers that the segment does not have are passed over. False: nothing has changed.
  bool insert(std::size_t chunk) {
    if (chunk >= count_ || contains(chunk))
      return false;
    word(chunk) |= std::uint64_t{1} << chunk % 64;
    return true;
  }
  bool erase(std::size_t chunk) {
    if (!contains(chunk))
      return false;
    word(chunk) &= ~(std::uint64_t{1} << chunk % 64);
    return true;
  }
  std::size_t size() const {
    auto bits = static_cast<std::size_t>(std::popcount(first_));
    for (auto word : further_)
      bits += static_cast<std::size_t>(std::popcount(word));
    return bits;
  }

private:
  const std::uint64_t& word(std::size_t chunk) const {
    return chunk < 64 ? first_ : further_[chunk / 64 - 1];
  }
  std::uint64_t& word(std::size_t chunk) { return chunk < 64 ? first_ : further_[chunk / 64 - 1]; }

  std::size_t count_ = 0;
  std::uint64_t first_ = 0; ///< most segments need no more: nothing to follow, nothing to allocate
  std::vector<std::uint64_t> further_;
};

} // namespace p2plive::core
