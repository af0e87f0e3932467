// The quality of the stream that is played, and the places where its media playlist is to be had.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/variant_choice.h"
#include "media/variant_ladder.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::viewer {

class ChosenVariant {
public:
  /// `given`: the one to take, if it is listed; none: as is wished.
  explicit ChosenVariant(media::VariantWish wish, std::optional<media::Variant> given = {})
      : wish_(std::move(wish)), variant_(std::move(given)) {}

  /// Takes one of the playable variants, and all that differ from it in their URI only; the one
  /// that was given or taken before, if it is still listed. None: it is done; else why none can be
  /// played, and nothing has changed.
  std::optional<std::string> choose(const media::MasterPlaylist& master);

  bool chosen() const { return !uris_.empty(); }
  /// Where to load from now.
  const std::string& uri() const { return uris_[used_]; }
  /// The place that is listed first, whichever is used: viewers who load from different places have
  /// the same stream, and this names it for all of them.
  const std::string& name() const { return uris_.front(); }
  /// Once it is chosen.
  const media::Variant& variant() const { return *variant_; }
  /// Those that may be played in its place (media/variant_ladder.h), and itself.
  const std::vector<media::Variant>& ladder() const { return ladder_; }
  std::size_t places() const { return uris_.size(); }
  /// Goes to the next place, behind the last to the first again.
  void move_on() { used_ = (used_ + 1) % uris_.size(); }

private:
  media::VariantWish wish_;
  std::optional<media::Variant> variant_;
  std::vector<media::Variant> ladder_;
  std::vector<std::string> uris_;
  std::size_t used_ = 0;
};

} // namespace p2plive::viewer
