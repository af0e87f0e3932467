// Between which variants of a master playlist a player may switch while it plays.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/variant_choice.h"

#include <vector>

namespace p2plive::media {

/// `current` and those like it, of rising bandwidth, one for each: with picture and sound where it
/// has them, of the same codecs but for profile and level, so that a decoder goes on (RFC 8216,
/// 6.2.4), and within the bounds of `wish`.
std::vector<Variant> variant_ladder(const MasterPlaylist& playlist, const Variant& current,
                                    const VariantWish& wish);

/// Which of a ladder to begin with while nothing is known of the link: the highest that keeps
/// within `start` (bits a second), the lowest if none does. With 0 `start` is the bandwidth of the
/// one that the playlist lists first, which is what its author would begin with, but no more than
/// `most_unsure`. hlsdemux2 begins with the first listed, hls.js with what its bandwidth carries,
/// up to as much (abrEwmaDefaultEstimateMax).
const Variant& first_of_ladder(const std::vector<Variant>& ladder, const MasterPlaylist& playlist,
                               std::uint64_t start);
inline constexpr std::uint64_t most_unsure = 5'000'000;

} // namespace p2plive::media
