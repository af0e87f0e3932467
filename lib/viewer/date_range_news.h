// Date ranges that the application has not been told of, until it asks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/date_range.h"
#include "media/playlist_limits.h"
#include "viewer/viewer.h"

#include <cstddef>
#include <deque>

namespace p2plive::viewer {

/// Its start must be known.
DateRange to_public(const media::DateRange& range);

/// In order; one that changes before anybody asked keeps its place. Of too many the last are kept,
/// so that an application which asks for nothing, as when it is paused, costs no more than a
/// playlist. Not thread-safe.
class DateRangeNews {
public:
  static constexpr std::size_t most = media::max_date_ranges;

  void add(DateRange range);
  bool empty() const { return news_.empty(); }
  /// There must be one.
  DateRange take();

private:
  std::deque<DateRange> news_;
};

} // namespace p2plive::viewer
