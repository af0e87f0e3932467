// Seeded random choices and hashing; nothing here asks the system.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/ids.h"
#include "service/network_prefix.h"

#include <cstdint>
#include <cstring>

namespace p2plive::service {

/// SplitMix64 (Steele, Lea and Flood, 2014): the same seed gives the same choices with every
/// standard library. Not for secrets.
class Random {
public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// From 0 up to and without `bound`, which is not 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((next() >> 32) * bound >> 32);
  }

  /// From 0 up to and without 1.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
  std::uint64_t state_;
};

/// Hash with a secret key: strangers choose the ids, and must not choose where they collide.
class KeyedHash {
public:
  explicit KeyedHash(Random& random) : a_(random.next()), b_(random.next()) {}

  template <typename Tag>
  std::size_t operator()(const Id128<Tag>& id) const {
    std::uint64_t halves[2];
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    return mix(halves[0], halves[1]);
  }
  std::size_t operator()(NetworkPrefix network) const { return mix(network.key, network.key); }
  std::size_t operator()(RegionId region) const {
    return mix(static_cast<std::uint64_t>(region), 0);
  }

private:
  // One round of wyhash: multiply to 128 bits and fold.
  std::size_t mix(std::uint64_t x, std::uint64_t y) const {
    auto product = static_cast<unsigned __int128>(x ^ a_) * (y ^ b_);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t a_, b_;
};

} // namespace p2plive::service
