// What is new among the date ranges of a playlist that is loaded again and again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/date_range.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace p2plive::media {

/// A later tag with the same ID says more of a range, such as that it has ended, also when the
/// first one has left the playlist by then (RFC 8216, 4.3.2.7; bis, 4.4.5.1). It may not say
/// something else, but servers do: what is listed last holds.
///
/// Bounded like one playlist, and once more for what has left it: that is forgotten first.
class KnownDateRanges {
public:
  /// Those that are new or that have changed, as listed, and with what was known before.
  std::vector<DateRange> update(const std::vector<DateRange>& listed);

  std::size_t size() const { return known_.size(); }
  std::size_t bytes() const { return bytes_; }

private:
  struct Known {
    DateRange range;
    std::uint64_t listed = 0; ///< by which update, last
  };

  void forget();

  std::map<std::string, Known> known_; ///< by ID
  std::size_t bytes_ = 0;              ///< of their text
  std::uint64_t updates_ = 0;
};

} // namespace p2plive::media
