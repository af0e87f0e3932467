// Mixing of integers into well-spread 64-bit values: the one hash of the core.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"

#include <cstdint>

namespace p2plive::core {

/// The finaliser of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
/// 2014).
constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// Mixes one more value into a running hash.
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return mix(hash ^ mix(value));
}

/// Every viewer computes the same number for the same viewer and chunk; it is not meant to resist a
/// viewer that picks its id.
inline std::uint64_t mix(const PeerId& peer, SequenceNumber sn, std::uint32_t chunk) {
  std::uint64_t hash = 0;
  for (std::size_t half = 0; half < 16; half += 8) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
      value = value << 8 | peer.bytes[half + i];
    hash = mix(hash, value);
  }
  return mix(mix(hash, number(sn)), chunk);
}

} // namespace p2plive::core
