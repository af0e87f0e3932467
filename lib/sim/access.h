// How a viewer is connected to the network: the rates of its line, and what its router lets in.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace p2plive::sim {

/// As far as it decides who can meet whom without a relay (RFC 4787; RFC 5128 section 3.3).
enum class Nat {
  open,       ///< none, or endpoint-independent filtering: anybody gets in
  by_address, ///< endpoint-independent mapping, filtered by address
  restricted, ///< endpoint-independent mapping, filtered by address and port
  symmetric,  ///< another mapping for every destination
  blocked,    ///< no UDP at all
};

/// Hole punching needs an end whose mapping the other one can know, and which lets in what comes
/// from another port than it expects.
constexpr bool can_meet(Nat a, Nat b) {
  if (a == Nat::blocked || b == Nat::blocked)
    return false;
  auto lets_in = [](Nat nat) { return nat == Nat::open || nat == Nat::by_address; };
  bool mapped_anew = a == Nat::symmetric || b == Nat::symmetric;
  return !mapped_anew || lets_in(a) || lets_in(b);
}

/// A viewer's access line; rates in bits a second, 0: no limit.
struct Access {
  std::uint64_t up = 10'000'000;
  std::uint64_t down = 50'000'000;
  Nat nat = Nat::open;
};

} // namespace p2plive::sim
