// Structs of a schema as bytes and back, from wherever in a message.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::core {

/// Adds a struct's bytes.
template <typename Struct>
void append(std::vector<std::uint8_t>& out, const Struct& value) {
  auto raw = std::bit_cast<std::array<std::uint8_t, sizeof value>>(value);
  out.insert(out.end(), raw.begin(), raw.end());
}

template <typename Struct>
std::vector<std::uint8_t> as_bytes(const Struct& value) {
  std::vector<std::uint8_t> out;
  append(out, value);
  return out;
}

/// The struct that these bytes begin with, whatever follows it; none: they are too few.
template <typename Struct>
std::optional<Struct> front(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, sizeof(Struct)> raw;
  if (bytes.size() < raw.size())
    return {};
  std::ranges::copy(bytes.first<sizeof(Struct)>(), raw.begin());
  return std::bit_cast<Struct>(raw);
}

} // namespace p2plive::core
