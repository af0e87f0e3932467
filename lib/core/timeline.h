// The segments that the viewer's own playlist has listed, and those that others told of, on one
// axis of media time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/told_entry.h"
#include "core/version.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

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
  bool plain = false;       ///< goes on from that as a matter of course: others may be told of it
  /// Other viewers told of it, and our own playlist has not shown it yet. Those are the last ones.
  bool told = false;
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

  /// Other viewers agree that this comes next. False: it does not go on from what is known here, or
  /// cannot have been made yet.
  bool extend(Time now, const ToldEntry& told);

  /// What the last update() found wrong with told entries.
  struct Refuted {
    SequenceNumber sn{};
    bool gone = false; ///< there is no such segment any more; otherwise it is another one
    std::optional<ToldEntry> lie; ///< none: it was true, as far as who told it could know
  };
  const std::vector<Refuted>& refuted() const { return refuted_; }

  const std::deque<TimelineEntry>& entries() const { return entries_; }
  const TimelineEntry* find(SequenceNumber sn) const;
  const TimelineEntry* after(SequenceNumber sn) const; ///< the next that is listed
  /// Of entries(), where this one is; the end where it is not listed.
  std::deque<TimelineEntry>::const_iterator place_of(SequenceNumber sn) const;
  std::optional<SequenceNumber> newest() const;
  /// By our own playlist.
  std::optional<SequenceNumber> newest_listed() const { return newest_listed_; }
  /// What others tell may go on from the newest one, in our own playlist's word or theirs.
  bool can_be_extended() const;

  /// Where the encoder is now: by PROGRAM-DATE-TIME and the wall clock when they make sense
  /// together, else by the end of the newest segment and the time since it was listed. Dates of an
  /// encoder whose clock runs at another rate than ours are followed, as far as crystals differ.
  Position live(Time now) const;

  Duration target_duration() const { return target_duration_; }
  Duration listed() const { return listed_; } ///< media that the playlist showed last
  bool ended() const { return ended_; }

  /// Forgets entries that end before `position`.
  void drop_before(Position position);

private:
  bool contradicts(const Listing& listing) const;
  bool is_behind(Time now, const Listing& listing);
  void note_look(Time now, bool was_told);
  Position live_by_looks(Time now) const { return now.time_since_epoch() + looked_ahead_; }
  TimelineEntry& append(Time now, const ListedSegment& segment);
  void begin_anew(Time now, const ListedSegment& first);
  void confirm(const ListedSegment& segment);
  void take_back(std::size_t place);
  void settle_told(const Listing& listing);
  void follow_dates(Time now);

  std::deque<TimelineEntry> entries_;
  std::optional<SequenceNumber> newest_listed_;
  std::vector<Refuted> refuted_;
  Duration target_duration_{};
  Duration listed_{};
  Duration looked_ahead_{}; ///< end of what was listed last - monotonic clock, when it first was
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
