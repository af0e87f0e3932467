// Which of the neighbours could be asked for each chunk.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"
#include "core/prefetch.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace p2plive::core {

class Neighbour;

/// Noted as they tell, a bit for each of them, for it is asked for every chunk of every plan: to go
/// through all neighbours for that would be most of the time that a viewer takes.
class Holders {
public:
  /// What is known of one segment. Valid until the next change.
  class Segment {
  public:
    bool any(std::size_t chunk) const;
    unsigned count(std::size_t chunk) const;

  private:
    friend class Holders;
    ObjectName object_;
    std::size_t total_ = 0; ///< bits that are set
    std::size_t words_ = 1; ///< for each chunk
    std::vector<std::uint64_t> bits_;
  };

  /// Gives it a place, by which it is named from then on. It must stay where it is until it leaves.
  std::size_t enter(const Neighbour& neighbour);
  void leave(std::size_t place); ///< nothing is noted of it any more
  std::size_t viewers() const { return viewers_; }
  /// Something is about to be noted.
  void prefetch() const {
    for (const auto& segment : segments_)
      prefetch_at(&segment);
  }

  void add(const ObjectName& object, std::size_t chunk, std::size_t place);
  void remove(const ObjectName& object, std::size_t chunk, std::size_t place); ///< what was added

  /// Null: nobody has anything of it.
  const Segment* find(const ObjectName& object) const;
  unsigned count(const ChunkName& chunk) const;
  /// All that have any of these, in no order.
  std::vector<const Neighbour*> of_any(const std::vector<ChunkName>& chunks) const;

private:
  Segment* look_up(const ObjectName& object);
  void widen(std::size_t words);

  std::vector<Segment> segments_; ///< in the order in which they were first heard of
  std::vector<const Neighbour*> places_;
  std::size_t viewers_ = 0;
  std::size_t words_ = 1;
};

} // namespace p2plive::core
