// Whom a new chunk is pushed to: given unasked, before they could hear of it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/neighbour.h"

#include <cstdint>
#include <vector>

namespace p2plive::core {

/// Of a chunk, to who passes it on fast, before anybody else gets it.
inline constexpr unsigned first_copies = 3;

/// A push that has not gone out after this does not: who lacks the chunk has heard of it by then.
inline constexpr Duration push_patience = 400ms;

/// Who had no use for what was pushed to it is left alone for so long.
inline constexpr Duration push_pause = 5s;

/// Who uploads so much, in bytes a second, passes fast on what a viewer gives that uploads `own`.
double fast_uplink(double own, double bitrate);

/// To be given a chunk that this viewer has fetched from the CDN and nobody near has: of those who
/// are fast, the fastest. They must know what a push is, and the segment; that most of them have
/// yet to say (Swarm::Impl::tell), so to know the one before it will do. Who can be connected with
/// few is none of them, for it can pass on to few. Several who fetch the same chunk choose
/// differently among equals.
std::vector<PeerId> push_receivers(const PeerId& giver, const Neighbours& neighbours,
                                   const ChunkName& chunk, double fast);

} // namespace p2plive::core
