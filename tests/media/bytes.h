// Foreign bytes put together by hand.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Bytes text(std::string_view text) {
  return {text.begin(), text.end()};
}

/// Big-endian, of `size` bytes.
inline Bytes number(std::uint64_t value, std::size_t size) {
  Bytes bytes(size);
  for (auto it = bytes.rbegin(); it != bytes.rend(); ++it, value >>= 8)
    *it = static_cast<std::uint8_t>(value);
  return bytes;
}

/// The first of them, in memory of exactly that size, so that ASAN sees a byte too many.
inline Bytes cut(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}
