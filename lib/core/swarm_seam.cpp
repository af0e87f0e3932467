// The part of a swarm that hands playback on to another, of another quality, or takes it over.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/swarm_impl.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace p2plive::core {

void Swarm::Impl::end_before(Time now, std::optional<SequenceNumber> sn) {
  this->now = now;
  cursor.end_before(sn);
  if (!sn)
    return;
  auto behind = [&](SequenceNumber object) { return !is_init(object) && object >= *sn; };
  std::vector<FetchId> unwanted;
  for (const auto& [id, transfer] : fetches.under_way())
    if (behind(transfer.sn))
      unwanted.push_back(id);
  for (auto id : unwanted) {
    actions.emplace_back(CancelFetch{id});
    fetches.failed(id);
  }
  for (auto& [id, neighbour] : neighbours)
    for (auto owed = neighbour.owed(); const auto& one : owed)
      if (behind(one.chunk.object.sn)) {
        if (auto* slot = slot_of(one.chunk); slot && slot->asked == id)
          slot->asked.reset();
        take_back(neighbour, one.chunk);
      }
}

void Swarm::Impl::begin_with(Time now, SequenceNumber sn, Time due) {
  this->now = now;
  cursor.start_with(sn, due);
  cursor.start(now, timeline, {});
  open_window();
}

/// What it lacks from now on was due; what is late already is late here from now on.
void Swarm::Impl::take_over(Time now, Impl& other) {
  this->now = now;
  starving_since_ = std::exchange(other.starving_since_, std::nullopt);
  cursor.take_over(now, other.cursor);
  delivered_at_ = now;
  primed_ = other.primed_;
}

// The facade.

std::optional<SequenceNumber> Swarm::seam(bool at_once) const {
  const auto& timeline = impl_->timeline;
  if (!impl_->cursor.started() || timeline.entries().empty() || timeline.ended())
    return {};
  return at_once ? impl_->cursor.first_open(timeline, impl_->store)
                 : next(std::max(*timeline.newest(), impl_->cursor.place()->sn));
}

void Swarm::end_before(Time now, std::optional<SequenceNumber> sn) {
  impl_->end_before(now, sn);
  impl_->run(now);
}

std::optional<SequenceNumber> Swarm::end() const {
  return impl_->cursor.end();
}

Time Swarm::end_due(Time now) const {
  const auto& timeline = impl_->timeline;
  auto here = impl_->cursor.position(timeline, impl_->store);
  const auto* entry = end() ? timeline.find(*end()) : nullptr;
  auto there = entry                        ? entry->start
               : timeline.entries().empty() ? here
                                            : timeline.entries().back().end();
  return impl_->cursor.needed(now, here, there);
}

bool Swarm::at_seam() const {
  return impl_->cursor.at_seam(impl_->store);
}

void Swarm::begin_with(Time now, SequenceNumber sn, Time due) {
  impl_->begin_with(now, sn, due);
  impl_->run(now);
}

bool Swarm::stands_ready() const {
  return impl_->cursor.started();
}

void Swarm::take_over(Time now, Swarm& other) {
  impl_->take_over(now, *other.impl_);
  impl_->run(now);
}

} // namespace p2plive::core
