// Numbers as foreign bytes hold them. Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::media {

/// The big-endian number at `offset`; none where the bytes end before it does.
template <std::unsigned_integral Number>
std::optional<Number> read_big_endian(std::span<const std::uint8_t> bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Number))
    return std::nullopt;
  Number value = 0;
  for (auto byte : bytes.subspan(offset, sizeof(Number)))
    value = static_cast<Number>(value << 8 | byte);
  return value;
}

} // namespace p2plive::media
