// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/timeline.h"

#include <algorithm>
#include <cmath>

namespace p2plive::core {

namespace {

/// Do both describe the same segment? Dates that a playlist does not repeat are extrapolated from
/// EXTINF, so they may differ a little.
bool same(const ListedSegment& a, const ListedSegment& b) {
  if (std::chrono::abs(a.duration - b.duration) > 2ms ||
      a.discontinuity_sequence != b.discontinuity_sequence)
    return false;
  if (!a.program_date_time || !b.program_date_time)
    return true;
  return std::chrono::abs(*a.program_date_time - *b.program_date_time) <= 500ms;
}

/// Longest time for which an older playlist is taken for that of an edge behind the others.
constexpr int patience_in_target_durations = 4;

/// Parts in a million by which the clocks of two machines may differ; what changes faster is no
/// drift.
constexpr int most_drift = 300;

} // namespace

Timeline::Change Timeline::update(Time now, WallTime wall, const Listing& listing) {
  target_duration_ = listing.target_duration;
  wall_offset_ = wall.time_since_epoch() - now.time_since_epoch();
  if (listing.segments.empty())
    return Change::none;
  bool restart = false;
  if (!entries_.empty()) {
    restart = contradicts(listing);
    if (!restart && listing.segments.back().sn < *newest()) {
      if (is_behind(now, listing))
        return Change::stale;
      restart = true;
    }
  }
  behind_since_.reset();
  ended_ = listing.ended;
  auto end = entries_.empty() ? Position{} : entries_.back().end();
  if (restart) {
    entries_.clear();
    lags_seen_ = 0;
    usual_lag_.reset();
    drift_ = 0ns;
    auto first = listing.segments.front();
    entries_.push_back({first, basis_of(first), end, now, true});
  }
  auto before = entries_.size();
  for (const auto& segment : listing.segments)
    if (entries_.empty() || segment.sn > *newest())
      append(now, segment);
  if (restart)
    return Change::restarted;
  if (entries_.size() == before)
    return Change::none;
  if (before > 0) // else it is when we came that tells
    follow_dates(now);
  return Change::extended;
}

/// A segment is listed about as long after its end as ever: where its date says otherwise, the
/// clock behind the dates has drifted from ours. Most encoders count them from EXTINF and so by the
/// clock that drives the media, and after days they are off by far more than live-delay.
void Timeline::follow_dates(Time now) {
  const auto& last = entries_.back().segment;
  if (!last.program_date_time)
    return;
  lags_[lags_seen_++ % lags_.size()] = now.time_since_epoch() + wall_offset_ -
                                       last.program_date_time->time_since_epoch() - last.duration;
  if (lags_seen_ < lags_.size())
    return;
  auto least = *std::min_element(lags_.begin(), lags_.end()); // of a poll that came at once
  if (!usual_lag_)
    usual_lag_ = least;
  else {
    Duration most = (now - followed_at_) / 1'000'000 * most_drift;
    drift_ += std::clamp(least - *usual_lag_ - drift_, -most, most);
  }
  followed_at_ = now;
}

bool Timeline::contradicts(const Listing& listing) const {
  return std::any_of(listing.segments.begin(), listing.segments.end(), [this](const auto& segment) {
    auto* known = find(segment.sn);
    return known && !same(known->segment, segment);
  });
}

bool Timeline::is_behind(Time now, const Listing& listing) {
  // Numbers that lie wholly before ours are a restart; an overlap is an edge that lags, for a
  // while.
  if (listing.segments.back().sn < entries_.front().segment.sn)
    return false;
  if (!behind_since_)
    behind_since_ = now;
  return now - *behind_since_ < patience_in_target_durations * target_duration_;
}

void Timeline::append(Time now, const ListedSegment& segment) {
  TimelineEntry entry{segment, basis_of(segment), {}, now, false};
  if (!entries_.empty()) {
    auto& last = entries_.back();
    auto missed = number(segment.sn) - number(last.segment.sn) - 1;
    entry.start = last.end() + std::min<std::uint64_t>(missed, 1'000) * target_duration_;
    entry.after_break =
        missed > 0 || segment.discontinuity_sequence != last.segment.discontinuity_sequence;
  }
  entries_.push_back(entry);
}

std::deque<TimelineEntry>::const_iterator Timeline::place_of(SequenceNumber sn) const {
  if (entries_.empty() || sn < entries_.front().segment.sn)
    return entries_.end();
  // Numbers follow one another, as a rule: then it is known where an entry is.
  auto place = number(sn) - number(entries_.front().segment.sn);
  if (place < entries_.size() && entries_[place].segment.sn == sn)
    return entries_.begin() + static_cast<std::ptrdiff_t>(place);
  auto found =
      std::lower_bound(entries_.begin(), entries_.end(), sn,
                       [](const auto& entry, auto value) { return entry.segment.sn < value; });
  return found != entries_.end() && found->segment.sn == sn ? found : entries_.end();
}

const TimelineEntry* Timeline::find(SequenceNumber sn) const {
  auto found = place_of(sn);
  return found != entries_.end() ? &*found : nullptr;
}

const TimelineEntry* Timeline::after(SequenceNumber sn) const {
  if (auto found = place_of(next(sn)); found != entries_.end())
    return &*found;
  auto found =
      std::upper_bound(entries_.begin(), entries_.end(), sn,
                       [](auto value, const auto& entry) { return value < entry.segment.sn; });
  return found != entries_.end() ? &*found : nullptr;
}

std::optional<SequenceNumber> Timeline::newest() const {
  if (entries_.empty())
    return {};
  return entries_.back().segment.sn;
}

Position Timeline::live(Time now) const {
  if (entries_.empty())
    return {};
  const auto& last = entries_.back();
  auto by_listing =
      last.end() + std::min<Duration>(now - last.listed_at, 2 * last.segment.duration);
  if (!last.segment.program_date_time)
    return by_listing;
  auto wall = now.time_since_epoch() + wall_offset_;
  auto by_date = last.start + (wall - last.segment.program_date_time->time_since_epoch()) - drift_;
  // A wall clock that is off would start a viewer far too late or early: it must roughly agree.
  auto apart = by_date - by_listing;
  return apart >= -500ms && apart <= 5s ? by_date : by_listing;
}

void Timeline::drop_before(Position position) {
  while (entries_.size() > 1 && entries_.front().end() < position)
    entries_.pop_front();
}

} // namespace p2plive::core
