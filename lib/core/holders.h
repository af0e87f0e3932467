// How many of the neighbours could be asked for each chunk.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace p2plive::core {

/// Counted as they tell, for it is asked for every chunk of every plan: to ask all neighbours anew
/// would be most of the time that a viewer takes.
class Holders {
public:
  /// By chunk; chunks behind the end nobody has.
  using Counts = std::vector<std::uint16_t>;

  void add(const ObjectName& object, std::size_t chunk);
  void remove(const ObjectName& object, std::size_t chunk); ///< that was added
  /// Null: nobody has anything of it. Valid until the next change.
  const Counts* find(const ObjectName& object) const;
  unsigned count(const ChunkName& chunk) const;

  void viewer_came() { ++viewers_; }
  void viewer_left() { --viewers_; }
  std::size_t viewers() const { return viewers_; } ///< who are counted

private:
  struct Segment {
    ObjectName object;
    std::size_t total = 0; ///< over all chunks
    Counts counts;
  };
  std::vector<Segment> segments_; ///< in no order
  std::size_t viewers_ = 0;
};

} // namespace p2plive::core
