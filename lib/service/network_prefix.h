// The network that a viewer is in, as the tracker sees it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <span>

namespace p2plive::service {

/// /24 of an IPv4 address (also of one mapped into IPv6), /48 of an IPv6 address. A whole address
/// is never kept.
struct NetworkPrefix {
  std::uint64_t key = 0; ///< family in the highest byte, prefix in the lowest; 0: not known

  auto operator<=>(const NetworkPrefix&) const = default;

  /// From an address of 4 or 16 bytes in network order; of another length it is not known.
  static NetworkPrefix of(std::span<const std::uint8_t> address);
};

/// Internet provider x region; 0: not known. There is no database for it yet.
enum class RegionId : std::uint32_t { unknown = 0 };

} // namespace p2plive::service
