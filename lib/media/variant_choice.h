// Which variant of a master playlist is played, and where else the same is to be had.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"

#include <cstdint>
#include <string>
#include <vector>

namespace p2plive::media {

/// What is wanted of a variant; what is left as it is does not matter.
struct VariantWish {
  std::uint64_t max_bandwidth = UINT64_MAX; ///< peak, bits a second
  std::uint32_t max_width = UINT32_MAX;
  std::uint32_t max_height = UINT32_MAX;
  /// What its codecs should begin with: those of sound where any of sound is named, those of
  /// picture likewise.
  std::vector<std::string> codecs;
  /// Others may follow while it plays, so that it need not be the highest: first_of_ladder()
  /// (variant_ladder.h).
  bool adaptive = false;
  std::uint64_t start_bandwidth = 0; ///< with that: to begin with, bits a second; 0: not known
};

/// Its bandwidth and size are within the bounds; a size that is not named is.
bool is_within(const Variant& variant, const VariantWish& wish);

/// The variant with the highest bandwidth that keeps within the bounds, the lowest if none does;
/// the first listed among equals. Before that counts, in this order: one with picture and sound in
/// it goes before one whose sound is apart, and that before one with sound only; one whose codecs
/// are wanted before one that names none, and that before the others. A size that is not named is
/// within the bounds. Null for no variants.
const Variant* choose_variant(const MasterPlaylist& playlist, const VariantWish& wish);

/// Where a variant like `variant` is to be had, as they are listed: the URIs of those that differ
/// in nothing else (RFC 8216, 6.2.4).
std::vector<std::string> redundant_uris(const MasterPlaylist& playlist, const Variant& variant);

} // namespace p2plive::media
