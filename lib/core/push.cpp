// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/push.h"

#include "core/actions.h"
#include "core/mix.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

namespace {

/// An uplink of so many bitrates is fast; so is half of the giver's own. Where only the latter
/// counted, what the fastest fetched would wait behind all who are hard to reach.
constexpr double fast_bitrates = 2;
/// Who uploads so many times what is fast is as good as any: whatever somebody claims, others have
/// their turn.
constexpr double most_fast = 4;

bool is_fit(const Neighbour& neighbour, const ChunkName& chunk, double fast) {
  auto newest = neighbour.newest_listed();
  return neighbour.ready && neighbour.uploads && neighbour.hears_pushes && neighbour.uplink() > 0 &&
         neighbour.uplink() >= fast && neighbour.reach().value_or(100) >= hard_to_reach && newest &&
         next(*newest) >= chunk.object.sn && !neighbour.has(chunk);
}

} // namespace

double fast_uplink(double own, double bitrate) {
  return bitrate > 0 ? std::min(own / 2, fast_bitrates * bitrate) : own / 2;
}

std::vector<PeerId> push_receivers(const PeerId& giver, const Neighbours& neighbours,
                                   const ChunkName& chunk, double fast) {
  std::vector<const Neighbour*> fit;
  for (const auto& [id, neighbour] : neighbours)
    if (is_fit(neighbour, chunk, fast))
      fit.push_back(&neighbour);
  // Uplinks are told in powers of two: among equals each has its turn.
  auto own = mix(giver, chunk.object.sn, number(chunk.chunk));
  auto rank = [&](const Neighbour* one) {
    auto turn = own ^ mix(one->id(), chunk.object.sn, number(chunk.chunk));
    return std::pair(-std::min(one->uplink(), most_fast * fast), turn);
  };
  std::ranges::sort(fit, {}, rank);
  std::vector<PeerId> out;
  for (const auto* one : fit)
    if (out.size() < first_copies)
      out.push_back(one->id());
  return out;
}

} // namespace p2plive::core
