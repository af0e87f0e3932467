// What neighbours have told of their playlists, until it is adopted, and until it is proved.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"
#include "core/told_entry.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace p2plive::core {

/// Bounded by whoever calls note(): one entry for each neighbour and number, and few numbers.
class Hearsay {
public:
  /// Neighbours who must say the same: one may lie, or be wrong, without another's help.
  static constexpr std::size_t witnesses = 2;

  /// Its latest word on a segment is what counts.
  void note(const PeerId& by, const ToldEntry& entry);
  /// What enough neighbours say of the segment; none: too few, or they do not agree.
  std::optional<ToldEntry> agreed(SequenceNumber sn) const;
  std::vector<PeerId> who_told(const ToldEntry& entry) const;

  void forget(const PeerId& peer);
  void forget_until(SequenceNumber sn); ///< this one included
  void clear() { told_.clear(); }

private:
  struct Told {
    PeerId by;
    ToldEntry entry;
  };
  std::vector<Told> told_; ///< in no order
};

} // namespace p2plive::core
