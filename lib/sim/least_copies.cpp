// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/least_copies.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace p2plive::sim {

namespace {
constexpr std::array kinds{Nat::open, Nat::by_address, Nat::restricted, Nat::symmetric,
                           Nat::blocked};

static_assert(kinds[static_cast<std::size_t>(Nat::blocked)] == Nat::blocked, "in the enum's order");

constexpr bool is_in(unsigned set, std::size_t kind) {
  return set >> kind & 1;
}

/// Can meet one of the set.
bool meets(Nat nat, unsigned set) {
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    if (is_in(set, kind) && can_meet(nat, kinds[kind]))
      return true;
  return false;
}
} // namespace

double least_copies(const std::vector<Access>& takers, const std::vector<Access>& givers,
                    double bitrate) {
  std::array<double, kinds.size()> take{}, give{}; // copies, by kind of NAT
  for (const auto& taker : takers)
    take[static_cast<std::size_t>(taker.nat)] += 1;
  for (const auto& giver : givers)
    give[static_cast<std::size_t>(giver.nat)] += giver.up > 0
                                                     ? static_cast<double>(giver.up) / bitrate
                                                     : std::numeric_limits<double>::infinity();
  double most = 0;
  for (unsigned set = 1; set < 1u << kinds.size(); ++set) {
    double lack = 0;
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
      lack += (is_in(set, kind) ? take[kind] : 0) - (meets(kinds[kind], set) ? give[kind] : 0);
    most = std::max(most, lack);
  }
  return most;
}

} // namespace p2plive::sim
