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
  explicit ChunkSet(std::size_t chunks) : count_(chunks), words_((chunks + 63) / 64) {}

  /// Chunks of the segment, in the set or not.
  std::size_t count() const { return count_; }
  bool contains(std::size_t chunk) const {
    return chunk < count_ && (words_[chunk / 64] >> chunk % 64 & 1) != 0;
  }
  /// Numbers that the segment does not have are passed over.
  void insert(std::size_t chunk) {
    if (chunk < count_)
      words_[chunk / 64] |= std::uint64_t{1} << chunk % 64;
  }
  void erase(std::size_t chunk) {
    if (chunk < count_)
      words_[chunk / 64] &= ~(std::uint64_t{1} << chunk % 64);
  }
  /// Of the same segment.
  ChunkSet& operator|=(const ChunkSet& other) {
    for (std::size_t i = 0; i < words_.size() && i < other.words_.size(); ++i)
      words_[i] |= other.words_[i];
    return *this;
  }
  std::size_t size() const {
    std::size_t bits = 0;
    for (auto word : words_)
      bits += static_cast<std::size_t>(std::popcount(word));
    return bits;
  }

private:
  std::size_t count_ = 0;
  std::vector<std::uint64_t> words_;
};

} // namespace p2plive::core
