// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_tracker.h"

#include <algorithm>

namespace p2plive::sim {

void SimTracker::announce(const core::PeerId& from, const core::Announce& announce,
                          Answered answered) {
  queue_.after(settings_.latency / 2, [this, from, announce, answered = std::move(answered)] {
    std::optional<core::TrackerAnswer> reply;
    if (!down) {
      expire();
      if (announce.event == core::Announce::Event::stopped)
        remove(from);
      else
        note(from);
      reply = answer(from, announce.want);
    }
    queue_.after(settings_.latency / 2, [answered, reply] { answered(reply); });
  });
}

void SimTracker::note(const core::PeerId& viewer) {
  auto [place, added] = places_.try_emplace(viewer, viewers_.size());
  if (added)
    viewers_.push_back({viewer, {}});
  viewers_[place->second].at = queue_.now();
}

void SimTracker::remove(const core::PeerId& viewer) {
  auto found = places_.find(viewer);
  if (found == places_.end())
    return;
  auto place = found->second;
  places_.erase(found);
  if (place + 1 != viewers_.size()) {
    viewers_[place] = viewers_.back();
    places_[viewers_[place].id] = place;
  }
  viewers_.pop_back();
}

/// Once a second at most: a look at everybody.
void SimTracker::expire() {
  if (queue_.now() < expire_at_)
    return;
  expire_at_ = queue_.now() + 1s;
  for (std::size_t place = 0; place < viewers_.size();)
    if (queue_.now() - viewers_[place].at > settings_.expiry)
      remove(core::PeerId(viewers_[place].id));
    else
      ++place;
}

core::TrackerAnswer SimTracker::answer(const core::PeerId& to, std::size_t want) {
  core::TrackerAnswer reply;
  reply.population = claims.value_or(static_cast<std::uint32_t>(viewers_.size()));
  reply.interval = settings_.interval;
  // The first steps of a shuffle: a sample without replacement.
  auto count = std::min(want + 1, viewers_.size());
  for (std::size_t i = 0; i < count; ++i) {
    auto j = i + random_() % (viewers_.size() - i);
    std::swap(viewers_[i], viewers_[j]);
    places_[viewers_[i].id] = i;
    places_[viewers_[j].id] = j;
    if (viewers_[i].id != to && reply.peers.size() < want)
      reply.peers.push_back(viewers_[i].id);
  }
  return reply;
}

} // namespace p2plive::sim
