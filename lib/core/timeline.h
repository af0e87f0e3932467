// The segments that the viewer's own playlist has listed, on one axis of media time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/version.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>

namespace p2plive::core {

/// A place on the axis of media time, which begins with the first segment ever listed and never
/// goes back, not even with a new epoch.
using Position = Duration;

struct TimelineEntry {
  ListedSegment segment;
  Basis basis{};
  Position start{};
  Time listed_at{};         ///< when this viewer first saw it
  bool after_break = false; ///< does not continue the entry before it
  Position end() const { return start + segment.duration; }
};

/// Knows what is listed, where it lies, and where the live edge is. Told listings, never asks.
class Timeline {
public:
  enum class Change {
    none,      ///< nothing new
    extended,  ///< new segments at the end
    restarted, ///< a new epoch: the numbers fell, or a known one now names something else
    stale,     ///< older than what is known, as an edge behind the others serves it; ignored
  };

  Change update(Time now, WallTime wall, const Listing& listing);

  const std::deque<TimelineEntry>& entries() const { return entries_; }
  const TimelineEntry* find(SequenceNumber sn) const;
  const TimelineEntry* after(SequenceNumber sn) const; ///< the next that is listed
  /// Of entries(), where this one is; the end where it is not listed.
  std::deque<TimelineEntry>::const_iterator place_of(SequenceNumber sn) const;
  std::optional<SequenceNumber> newest() const;

  /// Where the encoder is now: by PROGRAM-DATE-TIME and the wall clock when they make sense
  /// together, else by the end of the newest segment and the time since it was listed. Dates of an
  /// encoder whose clock runs at another rate than ours are followed, as far as crystals differ.
  Position live(Time now) const;

  Duration target_duration() const { return target_duration_; }
  bool ended() const { return ended_; }

  /// Forgets entries that end before `position`.
  void drop_before(Position position);

private:
  bool contradicts(const Listing& listing) const;
  bool is_behind(Time now, const Listing& listing);
  void append(Time now, const ListedSegment& segment);
  void follow_dates(Time now);

  std::deque<TimelineEntry> entries_;
  Duration target_duration_{};
  bool ended_ = false;
  std::optional<Time> behind_since_;
  std::chrono::nanoseconds wall_offset_{}; ///< wall clock - monotonic clock
  std::array<Duration, 8> lags_{}; ///< how old, by date, the last new segments were when listed
  std::size_t lags_seen_ = 0;
  std::optional<Duration> usual_lag_; ///< the least of the first ones
  Time followed_at_{};
  Duration drift_{}; ///< of the dates against the wall clock since then
};

} // namespace p2plive::core
