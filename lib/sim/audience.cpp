// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/audience.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace p2plive::sim {

namespace {

struct LineClass {
  double share;
  double down, up; ///< kbit/s, as published
};
constexpr std::array<LineClass, 4> classes{
    {{0.20, 784, 128}, {0.40, 1'500, 384}, {0.25, 3'000, 1'000}, {0.15, 10'000, 5'000}}};
constexpr double published_mean_up = 0.20 * 128 + 0.40 * 384 + 0.25 * 1'000 + 0.15 * 5'000;

constexpr double open_share = 1.0 / 7;
constexpr double by_address_share = 1.0 / 7;

/// Of viewers with symmetric NATs, so that `pairs` cannot meet: s^2 + 2 s (closed - s) = pairs.
double symmetric_share(double pairs) {
  auto closed = 1 - open_share - by_address_share;
  return closed - std::sqrt(std::max(0.0, closed * closed - pairs));
}

} // namespace

Audience::Audience(World& world, const AudienceSettings& settings, const core::Settings& core,
                   std::uint64_t seed)
    : world_(world), settings_(settings), core_(core), random_(seed) {}

void Audience::arrive() {
  for (std::size_t i = 0; i < settings_.viewers; ++i)
    join(settings_.arrivals * i / settings_.viewers);
}

void Audience::join(Duration wait) {
  ViewerSettings viewer;
  viewer.core = core_;
  viewer.access = draw_access();
  leave_later(world_.add(viewer, wait), wait);
}

void Audience::leave_later(SimViewer& viewer, Duration wait) {
  if (settings_.session <= 0s)
    return;
  std::exponential_distribution<double> lasts(1 / core::seconds(settings_.session));
  auto session = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::max(lasts(random_), 1.0)));
  world_.at(wait + session, [this, &viewer] {
    viewer.leave();
    join(0s);
  });
}

Access Audience::draw_access() {
  Access access;
  auto drawn = std::uniform_real_distribution<double>(0, 1)(random_);
  std::size_t at = 0;
  while (at + 1 < classes.size() && drawn >= classes[at].share)
    drawn -= classes[at++].share;
  auto scale = settings_.uplink_mean / published_mean_up;
  access.up = static_cast<std::uint64_t>(settings_.equal_uplinks ? settings_.uplink_mean
                                                                 : classes[at].up * scale);
  access.down = static_cast<std::uint64_t>(std::max(classes[at].down * scale, least_downlink));
  access.nat = draw_nat();
  return access;
}

Nat Audience::draw_nat() {
  std::uniform_real_distribution<double> share(0, 1);
  if (share(random_) < settings_.isolated)
    return Nat::blocked;
  auto drawn = share(random_);
  if (settings_.unreachable_pairs <= 0)
    return Nat::open;
  auto symmetric = symmetric_share(settings_.unreachable_pairs);
  if (drawn < symmetric)
    return Nat::symmetric;
  drawn -= symmetric;
  return drawn < open_share                      ? Nat::open
         : drawn < open_share + by_address_share ? Nat::by_address
                                                 : Nat::restricted;
}

} // namespace p2plive::sim
