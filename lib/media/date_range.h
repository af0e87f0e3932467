// Spans of time that a playlist says something about, such as an advertisement (EXT-X-DATERANGE;
// RFC 8216, 4.3.2.7; bis, 4.4.5.1). Nothing of them is needed for playing: what cannot be read is
// left out, and no error.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/date_time.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace p2plive::media {

struct DateRange {
  std::string id;
  std::string class_name; ///< CLASS; empty: not said
  std::optional<WallTime> start;
  std::optional<WallTime> end;
  std::optional<std::chrono::nanoseconds> duration;
  std::optional<std::chrono::nanoseconds> planned_duration;
  bool end_on_next = false;
  /// SCTE35-* and X-*, by name, as written: strings have their quotes.
  std::map<std::string, std::string> others;
  bool operator==(const DateRange&) const = default;
};

/// Reads the tag's attributes. None: it has no ID.
std::optional<DateRange> parse_date_range(std::string_view attributes);

/// Takes over from `other`, which has the same ID, what `range` does not say.
void complete(DateRange& range, const DateRange& other);

/// Bytes of the texts in it.
std::size_t text_of(const DateRange& range);

/// Those of one playlist, within `max_date_ranges` and `max_date_range_bytes`: the first are kept.
class DateRanges {
public:
  /// Those that an update leaves out. `removed`: identifiers that hold no longer, tabs between
  /// them.
  void carry_over(const std::vector<DateRange>& before, std::string_view removed);
  /// A second tag with an identifier says what the first one did not say yet, such as the end.
  void add(DateRange range);
  std::vector<DateRange> take() { return std::move(ranges_); }

private:
  std::vector<DateRange> ranges_;
  std::map<std::string, std::size_t, std::less<>> index_; ///< by identifier, in ranges_
  std::size_t bytes_ = 0;
};

} // namespace p2plive::media
