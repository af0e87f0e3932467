// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/variant_choice.h"

#include "media/codecs.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace p2plive::media {

namespace {

/// Lower is better.
int kind_of(const Variant& variant) {
  return variant.audio_only() ? 2 : variant.separate_audio ? 1 : 0;
}

bool wanted(std::string_view codec, const std::vector<std::string>& wishes) {
  bool any_of_its_kind = false;
  for (const auto& wish : wishes) {
    if (codec.starts_with(wish))
      return true;
    any_of_its_kind |= is_sound_codec(wish) == is_sound_codec(codec);
  }
  return !any_of_its_kind;
}

/// Lower is better.
int strangeness(const Variant& variant, const std::vector<std::string>& wishes) {
  if (wishes.empty())
    return 0;
  const auto codecs = split_codecs(variant.codecs);
  if (codecs.empty())
    return 1;
  auto each = [&](std::string_view codec) { return wanted(codec, wishes); };
  return std::all_of(codecs.begin(), codecs.end(), each) ? 0 : 2;
}

} // namespace

bool is_within(const Variant& variant, const VariantWish& wish) {
  return variant.bandwidth <= wish.max_bandwidth && variant.width <= wish.max_width &&
         variant.height <= wish.max_height;
}

const Variant* choose_variant(const MasterPlaylist& playlist, const VariantWish& wish) {
  // Less is better; equals keep the order of the list.
  auto order = [&](const Variant& variant) {
    const bool fits = is_within(variant, wish);
    const auto bandwidth = static_cast<std::int64_t>(variant.bandwidth);
    return std::tuple(kind_of(variant), strangeness(variant, wish.codecs), !fits,
                      fits ? -bandwidth : bandwidth);
  };
  auto best = std::min_element(playlist.variants.begin(), playlist.variants.end(),
                               [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return best == playlist.variants.end() ? nullptr : &*best;
}

std::vector<std::string> redundant_uris(const MasterPlaylist& playlist, const Variant& variant) {
  std::vector<std::string> uris;
  for (auto other : playlist.variants) {
    auto uri = std::exchange(other.uri, variant.uri);
    if (other == variant && std::find(uris.begin(), uris.end(), uri) == uris.end())
      uris.push_back(std::move(uri));
  }
  return uris;
}

} // namespace p2plive::media
