// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/known_date_ranges.h"

#include "media/playlist_limits.h"

#include <algorithm>
#include <utility>

namespace p2plive::media {

namespace {

constexpr std::size_t most_ranges = 2 * max_date_ranges;
constexpr std::size_t most_bytes = 2 * max_date_range_bytes;

/// Without what contradicts itself: an end before the start, and an end with the next range of a
/// class that is not named.
void make_sensible(DateRange& range) {
  if (range.start && range.end && *range.end < *range.start)
    range.end.reset();
  range.end_on_next &= !range.class_name.empty();
}

} // namespace

std::vector<DateRange> KnownDateRanges::update(const std::vector<DateRange>& listed) {
  ++updates_;
  std::vector<DateRange> news;
  for (const auto& one : listed) {
    auto [entry, is_new] = known_.try_emplace(one.id);
    auto& known = entry->second;
    known.listed = updates_;
    auto range = one;
    if (!is_new && bytes_ + text_of(one) <= most_bytes)
      complete(range, known.range);
    make_sensible(range);
    if (!is_new && range == known.range)
      continue;
    bytes_ += text_of(range);
    bytes_ -= text_of(known.range);
    known.range = range;
    news.push_back(std::move(range));
  }
  forget();
  return news;
}

void KnownDateRanges::forget() {
  while (known_.size() > most_ranges || bytes_ > most_bytes) {
    auto oldest =
        std::ranges::min_element(known_, {}, [](const auto& entry) { return entry.second.listed; });
    if (oldest->second.listed == updates_) // a playlist is bounded itself
      return;
    bytes_ -= text_of(oldest->second.range);
    known_.erase(oldest);
  }
}

} // namespace p2plive::media
