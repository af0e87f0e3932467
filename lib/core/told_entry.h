// What a viewer tells others of its own playlist.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/events.h"
#include "core/ids.h"

#include <cstdint>
#include <optional>

namespace p2plive::core {

/// A segment that goes on from the one before it as a matter of course: only what tells the two
/// apart, as exactly as their versions are made of it (core/version.h).
struct ToldEntry {
  SequenceNumber sn{};
  /// 0: there is more to it, and who wants to know has to look at its own playlist.
  std::chrono::milliseconds duration{};
  std::uint16_t discontinuity_sequence = 0; ///< its lowest bits
  std::optional<WallTime> program_date_time;
  bool operator==(const ToldEntry&) const = default;
};

/// Dates that are told lie between 1970 and this: in nanoseconds 64 bits do not go much further.
inline constexpr WallTime last_date{std::chrono::sys_days{std::chrono::year{2200} / 12 / 31}};

/// Dates that a playlist does not repeat are extrapolated from EXTINF, so they may differ a little.
inline constexpr Duration dates_apart = 500ms;

/// Do the two differ in number, duration and date alone, with dates that follow one another?
bool goes_on(const ListedSegment& before, const ListedSegment& segment);

/// `plain`: it goes on from the one before it.
ToldEntry to_tell(const ListedSegment& segment, bool plain);

/// The segment that was told of, where it goes on from this one; none: it does not.
std::optional<ListedSegment> as_told(const ListedSegment& before, const ToldEntry& told);

} // namespace p2plive::core
