// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/network_prefix.h"

#include <algorithm>
#include <array>

namespace p2plive::service {
namespace {

std::uint64_t key_of(std::uint64_t family, std::span<const std::uint8_t> prefix) {
  std::uint64_t value = 0;
  for (auto byte : prefix)
    value = value << 8 | byte;
  return family << 56 | value;
}

// RFC 4291, section 2.5.5.2.
constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

} // namespace

NetworkPrefix NetworkPrefix::of(std::span<const std::uint8_t> address) {
  if (address.size() == 16 && std::equal(mapped.begin(), mapped.end(), address.begin()))
    address = address.subspan(12);
  if (address.size() == 4)
    return {key_of(4, address.first(3))};
  if (address.size() == 16)
    return {key_of(6, address.first(6))};
  return {};
}

} // namespace p2plive::service
