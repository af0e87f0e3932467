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

} // namespace p2plive::media
