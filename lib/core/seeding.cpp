// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/seeding.h"

#include "core/mix.h"

#include <algorithm>
#include <cmath>

namespace p2plive::core {

SeedingDuty seeding_duty(const SeedingView& view, SequenceNumber sn, std::uint32_t chunk) {
  auto own = mix(view.self, sn, chunk);
  auto chance = std::ldexp(static_cast<double>(own), -64); // uniform in [0, 1)

  if (view.share)
    return chance < *view.share ? SeedingDuty{0ns, true} : SeedingDuty{Duration::max(), false};

  // A copy that is not passed on helps nobody else: those who do come first.
  if (!view.uploads)
    return {static_cast<int>(std::min<std::size_t>(view.neighbours.size(), 64)) * widening_step,
            false};

  if (view.population <= wanted_copies * static_cast<double>(view.neighbours.size() + 1)) {
    auto lower = std::count_if(view.neighbours.begin(), view.neighbours.end(),
                               [&](const PeerId& peer) { return mix(peer, sn, chunk) < own; });
    return {lower * widening_step, false};
  }

  auto p = wanted_copies / view.population;
  auto doublings = std::max(0.0, std::ceil(std::log2(chance / p)));
  return {static_cast<int>(std::min(doublings, 64.0)) * widening_step, false};
}

} // namespace p2plive::core
