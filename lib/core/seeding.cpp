// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/seeding.h"

#include "core/mix.h"

#include <algorithm>
#include <cmath>

namespace p2plive::core {

namespace {

/// The population may be so many times those near: what the order among these makes more than one
/// copy. (Some do not upload, some have just left.)
constexpr double most_of_a_mesh = 2;

constexpr double most_bitrates = 8;
/// Who is not known yet must get something to pass on, or it never is.
constexpr double unknown_bitrates = 4;
constexpr double least_weight = 1e-3;
/// Appointed viewers of whom one at least will fetch a chunk.
constexpr unsigned most_deputies = 3;

/// Uniform in (0, 1], the same for every viewer that asks.
double chance(const PeerId& viewer, SequenceNumber sn, std::uint32_t chunk) {
  return std::ldexp(static_cast<double>(mix(viewer, sn, chunk)) + 1, -64);
}

/// The lower, the sooner: exponentially distributed, at the rate of the weight.
double turn(const Seeder& seeder, SequenceNumber sn, std::uint32_t chunk) {
  return -std::log(chance(seeder.id, sn, chunk)) / seeder.weight;
}

} // namespace

double seeding_weight(double uplink, unsigned reach, double bitrate) {
  auto bitrates =
      uplink > 0 && bitrate > 0 ? std::min(uplink / bitrate, most_bitrates) : unknown_bitrates;
  auto reached = reach > 0 ? bitrates * reach / 100 : bitrates;
  return std::max(reached * reached, least_weight);
}

bool is_a_mesh(std::uint32_t population, std::size_t near) {
  return population <= most_of_a_mesh * static_cast<double>(near);
}

bool goes_by_places(std::uint32_t population, const SeedPlace& appointed) {
  return appointed.places > 0 && population > 2u * appointed.places;
}

SeedingDuty seeding_duty(const SeedingView& view, SequenceNumber sn, std::uint32_t chunk) {
  if (view.share)
    return chance(view.self.id, sn, chunk) < *view.share ? SeedingDuty{0ns, true}
                                                         : SeedingDuty{Duration::max(), false};

  // A copy that is not passed on helps nobody else: those who do pass it on come first, however
  // late they look at their playlists.
  if (!view.uploads)
    return {view.neighbours.empty() ? Duration::zero() : Duration::max(), false};

  auto near = static_cast<double>(view.neighbours.size() + 1);
  // Of a larger swarm some see nearly everybody and others do not: all are to go by the same rule.
  if (!goes_by_places(view.population, view.appointed) &&
      is_a_mesh(view.population, view.neighbours.size() + 1)) {
    auto own = turn(view.self, sn, chunk);
    auto sooner = std::ranges::count_if(
        view.neighbours, [&](const Seeder& other) { return turn(other, sn, chunk) < own; });
    return {sooner * widening_step, false};
  }

  // The first copies are given the time that they take to come near everybody.
  auto wait = std::log(view.population) / std::log(near + 1);
  if (auto [places, place] = view.appointed; places > 0) {
    auto first = mix(mix(number(sn)), chunk) % places;
    auto rank = (place - 1u + places - first) % places;
    if (place > 0 && rank == 0)
      return {0ns, false};
    if (place > 0 && rank <= most_deputies)
      return {std::chrono::duration_cast<Duration>((wait + rank) * widening_step), false};
    wait += most_deputies + 1;
  }

  auto weights = view.weights.value_or(view.self.weight);
  if (!view.weights)
    for (const auto& neighbour : view.neighbours)
      weights += neighbour.weight;
  auto p = wanted_copies / view.population * view.self.weight / (weights / near);
  auto doublings = std::max(0.0, std::ceil(std::log2(chance(view.self.id, sn, chunk) / p)));
  if (doublings == 0 && view.appointed.places == 0)
    return {0ns, false};
  wait += std::clamp(doublings, 1.0, 64.0) - 1;
  return {std::chrono::duration_cast<Duration>(wait * widening_step), false};
}

} // namespace p2plive::core
