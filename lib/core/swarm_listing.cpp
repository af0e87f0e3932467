// The part of a swarm that knows which segments there are: by its own playlist, and as others tell.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/listing_turn.h"
#include "core/swarm_impl.h"

#include <algorithm>

namespace p2plive::core {

namespace {

/// A neighbour's news of a segment that is not known here is believed so far ahead.
constexpr std::uint64_t believable_ahead = 3;
constexpr Duration hint_interval = 250ms;

} // namespace

void Swarm::Impl::listed(Time now, WallTime wall, const Listing& listing) {
  auto change = timeline.update(now, wall, listing);
  looked_at_playlist_ = now;
  if (change == Timeline::Change::restarted)
    restart();
  for (const auto& refuted : timeline.refuted())
    correct(refuted);
  cursor.start(now, timeline, listing.start_offset);
  open_window();
  drop_inits();
  if (change == Timeline::Change::extended || change == Timeline::Change::restarted)
    segment_known();
  if (auto newest = timeline.newest_listed()) {
    hearsay.forget_until(*newest);
    if (left_ && left_->sn <= *newest)
      left_.reset();
  }
  adopt_told();
}

void Swarm::Impl::restart() {
  for (const auto& [id, transfer] : fetches.under_way())
    actions.emplace_back(CancelFetch{id});
  fetches.clear();
  for (auto& [id, neighbour] : neighbours) {
    while (!neighbour.owed().empty())
      take_back(neighbour, ChunkName(neighbour.owed().front().chunk));
    neighbour.told_entry = {};
  }
  store.clear();
  journal.clear();
  hearsay.clear();
  left_.reset();
  cursor.break_off(now, timeline);
}

/// A segment is known that was not: what counts of others is settled for it.
void Swarm::Impl::segment_known() {
  journal.listed(now);
  settled_uplink_ = told_uplink_;
  settled_reach_ = told_reach_;
  for (auto& [id, neighbour] : neighbours)
    neighbour.settle();
  seeders.forget();
}

/// What others told was wrong, or not the whole truth: what came of that segment is of no use. What
/// has gone out of it is not continued, as with every segment that turns out to be another version.
void Swarm::Impl::correct(const Timeline::Refuted& refuted) {
  for (auto& [id, neighbour] : neighbours)
    for (auto owed = neighbour.owed(); const auto& one : owed)
      if (one.chunk.object.sn == refuted.sn)
        take_back(neighbour, one.chunk);
  store.drop(refuted.sn);
  journal.forget(refuted.sn);
  if (refuted.gone)
    cursor.step_back(refuted.sn, timeline, store);
  if (!refuted.lie)
    return;
  for (const auto& peer : hearsay.who_told(*refuted.lie))
    if (neighbours.at(peer).offences.note(now))
      drop(peer, "segments that there are not", true);
}

// Other viewers' playlists.

void Swarm::Impl::hear(const Neighbour& from, const HaveMessage& have) {
  auto newest = timeline.newest();
  auto believable = [&](SequenceNumber sn) {
    return newest && sn > *newest && number(sn) <= number(*newest) + believable_ahead;
  };
  bool has_to_look = false;
  if (have.entry && believable(have.entry->sn)) {
    hearsay.note(from.id(), *have.entry);
    has_to_look = have.entry->duration == 0ms;
    adopt_told();
    newest = timeline.newest();
  }
  if (believable(have.newest_listed) && now >= hinted_at_ + hint_interval &&
      (has_to_look || !leaves(now, next(*newest))))
    look_at_playlist();
}

/// What enough neighbours tell alike is believed until our own playlist shows it.
void Swarm::Impl::adopt_told() {
  bool grew = false;
  while (timeline.can_be_extended()) {
    auto told = hearsay.agreed(next(*timeline.newest()));
    if (!told || !timeline.extend(now, *told))
      break;
    grew = true;
  }
  if (!grew)
    return;
  open_window();
  segment_known();
  replan_ = true;
}

/// The next entry of our own playlist that the neighbour does not know of; once.
std::optional<ToldEntry> Swarm::Impl::entry_for(Neighbour& neighbour,
                                                std::uint32_t audience) const {
  if (audience <= all_look || !neighbour.hears_entries || !neighbour.newest_listed())
    return {};
  auto sn = next(std::max(*neighbour.newest_listed(), neighbour.told_entry));
  const auto* entry = timeline.find(sn);
  if (!entry || entry->told)
    return {};
  neighbour.told_entry = sn;
  return to_tell(entry->segment, entry->plain && !timeline.ended());
}

// Our own playlist.

/// May it be left to others to tell of the segment?
bool Swarm::Impl::leaves(Time now, SequenceNumber sn) const {
  if (left_ && left_->sn == sn)
    return !left_->in_vain;
  if (!primed_ || timeline.entries().empty())
    return false;
  auto position = hand_out_position();
  ListingView view;
  view.self = settings.self;
  view.appointed = membership.seed_place();
  view.follows_tracker = !settings.seed_share;
  view.plain = timeline.can_be_extended();
  view.watched = now - began_;
  view.unseen = now - looked_at_playlist_;
  view.target = timeline.target_duration();
  view.listed = timeline.listed();
  view.time_left =
      cursor.due(now, position, timeline.entries().back().end()) - now - 2 * threshold();
  view.neighbours =
      static_cast<std::size_t>(std::ranges::count_if(neighbours, [](const auto& entry) {
        return entry.second.ready && entry.second.hears_entries;
      }));
  view.audience = membership.audience(neighbours);
  return may_leave(view, sn);
}

std::optional<Time> Swarm::Impl::poll_left_until(Time now) {
  auto newest = timeline.newest();
  if (!newest)
    return {};
  const auto& last = timeline.entries().back();
  auto patience = listing_patience(timeline.target_duration());
  if (left_ && *newest >= left_->sn) {
    // Others have told. The segment after it is expected as long after it as it lasts.
    auto due = left_->since + last.segment.duration;
    left_.reset();
    if (due > now)
      return due;
  }
  if (left_) {
    left_->in_vain = true;
    return {};
  }
  // What was told just before the refresh is due is what it would show.
  bool known = last.told && now - last.listed_at < patience;
  auto sn = known ? last.segment.sn : next(last.segment.sn);
  if (!leaves(now, sn))
    return {};
  if (known)
    return now + last.segment.duration;
  left_ = Left{sn, now, false};
  return now + patience;
}

void Swarm::Impl::look_at_playlist() {
  hinted_at_ = now;
  actions.emplace_back(RefreshPlaylist{});
}

} // namespace p2plive::core
