// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/enough_uplink.h"

#include <algorithm>

namespace p2plive::core {

/// Nobody counts for more bitrates: a single one that claims much would stand for all.
static constexpr double most_bitrates = 8;

bool enough_uplink(const Neighbours& neighbours, double bitrate) {
  double sum = 0, known = 0;
  for (const auto& [id, neighbour] : neighbours) {
    if (!neighbour.ready || neighbour.uplink() == 0)
      continue;
    sum += std::min(neighbour.likely_uplink(), most_bitrates * bitrate);
    ++known;
  }
  return sum >= known * bitrate;
}

} // namespace p2plive::core
