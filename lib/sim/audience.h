// An audience: what lines its viewers have, when they come, and when they go.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sim/world.h"

#include <cstdint>
#include <random>

namespace p2plive::sim {

struct AudienceSettings {
  std::size_t viewers = 100;
  Duration arrivals = 10s;        ///< the initial joins are spread over this time
  Duration session{};             ///< mean; who leaves is replaced at once; 0: nobody leaves
  double uplink_mean = 4'000'000; ///< bits a second
  bool equal_uplinks = false;     ///< everybody has the mean
  double unreachable_pairs = 0.3; ///< share of pairs that cannot connect, from NAT types
  double isolated = 0;            ///< share of viewers without UDP, beside those
};

/// Draws an audience into a world. Same settings, seed and world: the same audience.
///
/// Lines: four classes whose shares and ratios Bharambe, Herley and Padmanabhan use ("Analyzing and
/// Improving a BitTorrent Network's Performance Mechanisms", INFOCOM 2006, after the measurements
/// of Saroiu, Gummadi and Gribble, 2002), scaled to the mean uplink wanted. It is a harsh one:
/// three in five have less than a third of the mean. Downlinks are as there, but never under
/// least_downlink, with which the stream could not be watched at all.
///
/// NATs: symmetric (s), restricted (r) and open ones, such that s^2 + 2 s r of all pairs cannot
/// meet; open ones are one in seven.
class Audience {
public:
  static constexpr double least_downlink = 6'000'000;

  Audience(World& world, const AudienceSettings& settings, const core::Settings& core,
           std::uint64_t seed);

  /// The initial joins, and all that leave and follow later.
  void arrive();

private:
  Access draw_access();
  Nat draw_nat();
  void join(Duration wait);
  void leave_later(SimViewer& viewer, Duration wait);

  World& world_;
  AudienceSettings settings_;
  core::Settings core_;
  std::mt19937_64 random_;
};

} // namespace p2plive::sim
