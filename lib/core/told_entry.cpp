// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/told_entry.h"

namespace p2plive::core {

namespace {

std::uint16_t low_bits(std::uint64_t discontinuity_sequence) {
  return static_cast<std::uint16_t>(discontinuity_sequence);
}

bool dates_follow(const ListedSegment& before, const ListedSegment& segment) {
  const auto& date = segment.program_date_time;
  if (!before.program_date_time || !date)
    return !before.program_date_time && !date;
  if (*date < WallTime{} || *date > last_date)
    return false;
  return std::chrono::abs(*date - (*before.program_date_time + before.duration)) <= dates_apart;
}

} // namespace

bool goes_on(const ListedSegment& before, const ListedSegment& segment) {
  return segment.sn == next(before.sn) &&
         segment.discontinuity_sequence == before.discontinuity_sequence &&
         segment.init == before.init && !before.encrypted && !segment.encrypted && !segment.gap &&
         segment.duration > 0s && dates_follow(before, segment);
}

ToldEntry to_tell(const ListedSegment& segment, bool plain) {
  using std::chrono::milliseconds;
  if (!plain)
    return {segment.sn, {}, {}, {}};
  return {segment.sn, std::chrono::round<milliseconds>(segment.duration),
          low_bits(segment.discontinuity_sequence), segment.program_date_time};
}

std::optional<ListedSegment> as_told(const ListedSegment& before, const ToldEntry& told) {
  ListedSegment segment{
      told.sn, told.duration, before.discontinuity_sequence, told.program_date_time,
      false,   before.init};
  if (told.discontinuity_sequence != low_bits(before.discontinuity_sequence) ||
      !goes_on(before, segment))
    return {};
  return segment;
}

} // namespace p2plive::core
