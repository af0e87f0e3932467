// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/timeline.h"

#include <algorithm>
#include <cmath>

namespace p2plive::core {

namespace {

/// Do both describe the same segment?
bool same(const ListedSegment& a, const ListedSegment& b) {
  if (std::chrono::abs(a.duration - b.duration) > 2ms ||
      a.discontinuity_sequence != b.discontinuity_sequence)
    return false;
  if (!a.program_date_time || !b.program_date_time)
    return true;
  return std::chrono::abs(*a.program_date_time - *b.program_date_time) <= dates_apart;
}

/// Longest time for which an older playlist is taken for that of an edge behind the others.
constexpr int patience_in_target_durations = 4;

/// Parts in a million by which the clocks of two machines may differ; what changes faster is no
/// drift.
constexpr int most_drift = 300;

/// EXTINF, rounded to whole seconds, is the target duration at most (RFC 8216, 4.3.3.1).
constexpr Duration rounding = 500ms;

} // namespace

Timeline::Change Timeline::update(Time now, WallTime wall, const Listing& listing) {
  target_duration_ = listing.target_duration;
  wall_offset_ = wall.time_since_epoch() - now.time_since_epoch();
  refuted_.clear();
  if (listing.segments.empty())
    return Change::none;
  bool restart = false;
  if (newest_listed_) {
    restart = contradicts(listing);
    if (!restart && listing.segments.back().sn < *newest_listed_) {
      if (is_behind(now, listing))
        return Change::stale;
      restart = true;
    }
  }
  behind_since_.reset();
  ended_ = listing.ended;
  if (restart)
    begin_anew(now, listing.segments.front());
  auto before = newest_listed_;
  auto known_before = newest();
  listed_ = 0ns;
  for (const auto& segment : listing.segments) {
    listed_ += segment.duration;
    if (const auto* known = find(segment.sn); known && known->told)
      confirm(segment);
    else if (entries_.empty() || segment.sn > *newest())
      append(now, segment);
  }
  settle_told(listing);
  newest_listed_ = listing.segments.back().sn;
  if (restart || newest_listed_ > before)
    note_look(now, !restart && newest_listed_ <= known_before);
  if (restart)
    return Change::restarted;
  if (before && newest_listed_ > before) // at first it is when we came that tells
    follow_dates(now);
  return newest() > known_before ? Change::extended : Change::none;
}

void Timeline::begin_anew(Time now, const ListedSegment& first) {
  auto end = entries_.empty() ? Position{} : entries_.back().end();
  entries_.clear();
  lags_seen_ = 0;
  usual_lag_.reset();
  drift_ = 0ns;
  entries_.push_back({first, basis_of(first), end, now, true});
}

bool Timeline::can_be_extended() const {
  return !entries_.empty() && entries_.back().plain && !ended_;
}

bool Timeline::extend(Time now, const ToldEntry& told) {
  // Of very short ones there could be any number: who has such segments looks for itself.
  if (!can_be_extended() || told.duration > target_duration_ + rounding ||
      told.duration < target_duration_ / 4)
    return false;
  auto latest = live_by_looks(now) + target_duration_ * 3 / 2;
  if (entries_.back().end() + told.duration > latest)
    return false;
  auto segment = as_told(entries_.back().segment, told);
  if (segment)
    append(now, *segment).told = true;
  return segment.has_value();
}

/// Our own playlist shows more than before. Where others had told of it, it was listed when they
/// did, but not earlier than we thought it could be: anybody can tell what is to be expected.
void Timeline::note_look(Time now, bool was_told) {
  const auto* newest = find(*newest_listed_);
  if (!newest) // played by what others told, and gone: it says nothing of the edge
    return;
  auto ahead = [&](Time at) { return newest->end() - at.time_since_epoch(); };
  if (was_told)
    looked_ahead_ = std::min(ahead(newest->listed_at), std::max(looked_ahead_, ahead(now)));
  else
    looked_ahead_ = ahead(now);
}

/// Our own playlist shows what others told of.
void Timeline::confirm(const ListedSegment& segment) {
  auto found = std::ranges::lower_bound(
      entries_, segment.sn, {}, [](const TimelineEntry& entry) { return entry.segment.sn; });
  auto place = static_cast<std::size_t>(found - entries_.begin());
  auto& entry = *found;
  auto basis = basis_of(segment);
  bool true_word = same(entry.segment, segment) && entry.segment.init == segment.init &&
                   !segment.gap && !segment.encrypted;
  if (!true_word || basis != entry.basis)
    refuted_.push_back({segment.sn, false,
                        true_word ? std::nullopt : std::optional(to_tell(entry.segment, true))});
  if (!true_word) // what was told to follow it rests on it
    take_back(place + 1);
  entry.segment = segment;
  entry.basis = basis;
  entry.told = false;
  if (place > 0) {
    const auto& before = entries_[place - 1].segment;
    entry.plain = goes_on(before, segment);
    entry.after_break = segment.discontinuity_sequence != before.discontinuity_sequence;
  }
  for (auto next = place + 1; next < entries_.size(); ++next)
    entries_[next].start = entries_[next - 1].end();
}

/// These entries and those behind them.
void Timeline::take_back(std::size_t place) {
  for (auto gone = place; gone < entries_.size(); ++gone)
    refuted_.push_back({entries_[gone].segment.sn, true, to_tell(entries_[gone].segment, true)});
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place), entries_.end());
}

/// Told entries that the playlist has passed, or will never show.
void Timeline::settle_told(const Listing& listing) {
  auto last = listing.segments.back().sn;
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    auto& entry = entries_[place];
    if (entry.told && entry.segment.sn <= last)
      entry.told = false; // too late to ask the CDN for it: it will say so
    else if (entry.told && ended_)
      return take_back(place);
  }
}

/// A segment is listed about as long after its end as ever: where its date says otherwise, the
/// clock behind the dates has drifted from ours. Most encoders count them from EXTINF and so by the
/// clock that drives the media, and after days they are off by far more than live-delay.
void Timeline::follow_dates(Time now) {
  const auto* entry = find(*newest_listed_);
  if (!entry || !entry->segment.program_date_time)
    return;
  const auto& last = entry->segment;
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
    return known && !known->told && !same(known->segment, segment);
  });
}

bool Timeline::is_behind(Time now, const Listing& listing) {
  // Numbers that lie wholly before ours are a restart; an overlap is an edge that lags, for a
  // while.
  if (!entries_.front().told && listing.segments.back().sn < entries_.front().segment.sn)
    return false;
  if (!behind_since_)
    behind_since_ = now;
  return now - *behind_since_ < patience_in_target_durations * target_duration_;
}

TimelineEntry& Timeline::append(Time now, const ListedSegment& segment) {
  TimelineEntry entry{segment, basis_of(segment), {}, now};
  if (!entries_.empty()) {
    auto& last = entries_.back();
    auto missed = number(segment.sn) - number(last.segment.sn) - 1;
    entry.start = last.end() + std::min<std::uint64_t>(missed, 1'000) * target_duration_;
    entry.after_break =
        missed > 0 || segment.discontinuity_sequence != last.segment.discontinuity_sequence;
    entry.plain = goes_on(last.segment, segment);
  }
  entries_.push_back(entry);
  return entries_.back();
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
  auto since = std::min<Duration>(now - last.listed_at, 2 * last.segment.duration);
  auto by_listing = std::min(last.end() + since, live_by_looks(now));
  // Dates by our own playlist alone: told ones may creep ahead.
  auto dated = std::find_if(entries_.rbegin(), entries_.rend(),
                            [](const TimelineEntry& entry) { return !entry.told; });
  if (dated == entries_.rend() || !dated->segment.program_date_time)
    return by_listing;
  auto wall = now.time_since_epoch() + wall_offset_;
  auto by_date =
      dated->start + (wall - dated->segment.program_date_time->time_since_epoch()) - drift_;
  // A wall clock that is off would start a viewer far too late or early: it must roughly agree.
  auto apart = by_date - by_listing;
  return apart >= -500ms && apart <= 5s ? by_date : by_listing;
}

void Timeline::drop_before(Position position) {
  while (entries_.size() > 1 && entries_.front().end() < position)
    entries_.pop_front();
}

} // namespace p2plive::core
