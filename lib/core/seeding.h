// Who fetches a new chunk from the CDN, and when: the rule that keeps the number of CDN copies flat
// while the audience grows.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/events.h"
#include "core/ids.h"

#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::core {

/// A viewer that may fetch a chunk for others.
struct Seeder {
  PeerId id;
  double weight = 1; ///< its chance beside others', as seeding_weight() tells
};

/// How much better a viewer passes chunks on than one whose uplink is one bitrate: as the square of
/// its uplink, for its first neighbours get the chunk sooner, and more of them. Beyond eight
/// bitrates all are equal, and an uplink that is not known counts as four. `reach`, in per cent,
/// counts likewise, where it is known (not 0): what few can come and get helps few.
double seeding_weight(double uplink, unsigned reach, double bitrate);

/// A viewer that is connected to so many (itself counted) knows enough of the population to tell
/// whose turn it is.
bool is_a_mesh(std::uint32_t population, std::size_t near);

/// A swarm that is more than twice as large as there are places: chunks go by the tracker's
/// appointed.
bool goes_by_places(std::uint32_t population, const SeedPlace& appointed);

/// What one viewer knows when it decides.
struct SeedingView {
  Seeder self;
  std::span<const Seeder> neighbours; ///< connected viewers that could fetch it just as well
  std::uint32_t population = 1;  ///< viewers of the RID, this one included, as the tracker says
  std::optional<double> share;   ///< a fixed proportion 0..1 instead of the coordinated rule
  bool uploads = true;           ///< what it fetches, others get from it
  SeedPlace appointed;           ///< by the tracker
  std::optional<double> weights; ///< of all these together, where the caller has added them up
};

/// When this viewer fetches the chunk if until then nobody near has it.
struct SeedingDuty {
  Duration after{}; ///< since the chunk was listed; Duration::max(): only when it is urgent
  bool whoever_has_it = false; ///< even if somebody has it by then (the fixed proportion's way)
};

/// Time that one more viewer, or twice the share of viewers, is given to fetch a chunk and to let
/// the others know.
inline constexpr Duration widening_step = 400ms;

/// Copies that a large swarm aims at.
inline constexpr double wanted_copies = 1.0;

/// Every viewer computes the same turn of (viewer, chunk): a hash, drawn out by the viewer's weight
/// (weighted rendezvous hashing: Schindelhauer and Schomaker, SPAA 2005).
/// - Where a viewer is connected to enough of the others no chance is needed: of it and its
///   neighbours the one with the lowest turn fetches at once, the second lowest one step later, and
///   so on, so that a viewer that fails costs delay and not a stall. With d neighbours each that
///   makes population / (d + 1) copies: exactly one when everybody is connected to everybody.
/// - Where that would be more than two, or the swarm is more than twice as large as there are
///   places, chunks are dealt to the viewers that the tracker has appointed: one fetches at once,
///   the next one of them a step later, and so on.
/// - Where there are none, or when all that has had time to come near everybody, those fetch whose
///   hash falls under p = wanted_copies / population x weight / mean weight of those near; p
///   doubles with every step after the time that the first copies take to come near everybody.
/// - Who uploads nothing fetches when it becomes urgent, as long as it is connected to somebody who
///   does upload.
/// - With a fixed share those under it fetch at once, whoever has the chunk; others when it is
///   urgent. (The rule of the original deployment, at 15 %.)
SeedingDuty seeding_duty(const SeedingView& view, SequenceNumber sn, std::uint32_t chunk);

} // namespace p2plive::core
