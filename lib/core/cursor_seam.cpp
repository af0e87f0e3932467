// From one reader to another, of the same media in another quality.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/cursor.h"

namespace p2plive::core {

void Cursor::start_with(SequenceNumber sn, Time due) {
  begin_ = sn;
  begin_at_ = due;
}

/// Earlier segments are not for this reader, and of later ones it would leave a gap.
void Cursor::stand_at_start(const Timeline& timeline) {
  const auto* entry = begin_ ? timeline.find(*begin_) : nullptr;
  if (!entry)
    return;
  place_ = Place{*begin_};
  // Whether the first one that is listed continues anything is not known here.
  broken_ = new_line_ = entry->after_break && entry != &timeline.entries().front();
}

bool Cursor::at_seam(const Store& store) const {
  if (!place_ || !end_)
    return false;
  return place_->sn >= *end_ || (next(place_->sn) >= *end_ && behind_last_chunk(store));
}

SequenceNumber Cursor::first_open(const Timeline& timeline, const Store& store) const {
  auto untouched = place_->chunk == 0 && place_->init_chunk == 0;
  auto first = untouched ? place_->sn : next(place_->sn);
  for (auto entry = timeline.place_of(place_->sn); entry != timeline.entries().end(); ++entry) {
    auto sn = entry->segment.sn;
    const auto* segment = store.find(sn);
    if (sn >= first && !(segment && segment->whole()))
      return sn;
  }
  return next(timeline.entries().empty() ? place_->sn : timeline.entries().back().segment.sn);
}

Time Cursor::needed(Time now, Position here, Position position) const {
  auto lasts = paced_ ? 0ns : pacer_.downstream_unpaced(now) - pacer_.reserve();
  return due(now, here, position) + std::max<Duration>(lasts, 0ns);
}

void Cursor::take_over(Time now, const Cursor& other) {
  stands_by_ = false;
  pacer_ = other.pacer_;
  live_delay_ = other.live_delay_;
  untaken_ = other.untaken_;
  outstanding_ = other.outstanding_;
  outstanding_media_ = other.outstanding_media_;
  progress_at_ = other.progress_at_;
  begin_at_ = std::max(now, other.begin_at_);
  broken_ |= other.broken_;
  new_line_ |= other.new_line_;
  skipped_ = other.skipped_;
  begun_with_ = other.begun_with_;
  due_at_ = other.due_at_;
  begun_ = other.begun_;
}

} // namespace p2plive::core
