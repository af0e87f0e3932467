// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/variant_ladder.h"

#include "media/codecs.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace p2plive::media {

namespace {

/// Codecs without their profiles: "avc1", "mp4a".
std::vector<std::string_view> families(const Variant& variant) {
  auto codecs = split_codecs(variant.codecs);
  for (auto& codec : codecs)
    codec = codec.substr(0, codec.find('.'));
  std::ranges::sort(codecs);
  return codecs;
}

/// Where codecs are not named, a picture's size tells that there is one.
bool alike(const Variant& a, const Variant& b) {
  return a.audio_only() == b.audio_only() && (a.width > 0) == (b.width > 0) &&
         a.separate_audio == b.separate_audio && families(a) == families(b);
}

} // namespace

std::vector<Variant> variant_ladder(const MasterPlaylist& playlist, const Variant& current,
                                    const VariantWish& wish) {
  std::vector<Variant> ladder{current};
  for (const auto& variant : playlist.variants)
    if (alike(variant, current) && is_within(variant, wish) &&
        std::ranges::find(ladder, variant.bandwidth, &Variant::bandwidth) == ladder.end())
      ladder.push_back(variant);
  std::ranges::sort(ladder, {}, &Variant::bandwidth);
  return ladder;
}

const Variant& first_of_ladder(const std::vector<Variant>& ladder, const MasterPlaylist& playlist,
                               std::uint64_t start) {
  auto in_ladder = [&](const Variant& variant) {
    return std::ranges::find(ladder, variant) != ladder.end();
  };
  auto listed = std::ranges::find_if(playlist.variants, in_ladder);
  if (start == 0 && listed != playlist.variants.end())
    start = std::min(listed->bandwidth, most_unsure);
  auto above = std::ranges::upper_bound(ladder, start, {}, &Variant::bandwidth);
  return above == ladder.begin() ? *above : *std::prev(above);
}

} // namespace p2plive::media
