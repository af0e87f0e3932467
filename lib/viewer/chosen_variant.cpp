// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/chosen_variant.h"

#include <utility>

namespace p2plive::viewer {

std::optional<std::string> ChosenVariant::choose(const media::MasterPlaylist& master) {
  media::MasterPlaylist playable;
  std::string reason;
  for (const auto& variant : master.variants) {
    if (auto flaw = media::unsupported(variant))
      reason = flaw->message;
    else
      playable.variants.push_back(variant);
  }
  auto uris = variant_ ? media::redundant_uris(playable, *variant_) : std::vector<std::string>();
  if (uris.empty()) {
    const auto* best = media::choose_variant(playable, wish_);
    if (!best)
      return reason;
    variant_ = *best;
    if (wish_.adaptive)
      variant_ = media::first_of_ladder(media::variant_ladder(playable, *best, wish_), playable,
                                        wish_.start_bandwidth);
    uris = media::redundant_uris(playable, *variant_);
  }
  ladder_ = media::variant_ladder(playable, *variant_, wish_);
  uris_ = std::move(uris);
  used_ = 0;
  return {};
}

} // namespace p2plive::viewer
