// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_tracker.h"

#include <algorithm>
#include <set>
#include <utility>

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
        note(from, announce);
      reply = answer(from, announce);
    }
    queue_.after(settings_.latency / 2, [answered, reply] { answered(reply); });
  });
}

void SimTracker::note(const core::PeerId& viewer, const core::Announce& said) {
  auto [place, added] = places_.try_emplace(viewer, viewers_.size());
  if (added)
    viewers_.push_back({viewer, {}, {}});
  viewers_[place->second].at = queue_.now();
  viewers_[place->second].said = said;
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

/// As service::TrackerStore::sample() has it.
std::size_t SimTracker::pick(const core::Announce& asker, bool choosy) {
  auto best = random_() % viewers_.size();
  bool hard = asker.reach < core::hard_to_reach;
  for (int drawn = 1; drawn < (choosy || hard ? 8 : 1); ++drawn) {
    if (drawn > 1 && !hard && viewers_[best].said.upload_kbps >= asker.upload_kbps)
      break;
    auto other = random_() % viewers_.size();
    const auto &a = viewers_[other].said, &b = viewers_[best].said;
    auto reach = [&](const core::Announce& said) {
      return hard ? std::min(said.reach, core::open_reach) : 0;
    };
    if (a.free_slots > 0 && std::pair(reach(a), a.upload_kbps) > std::pair(reach(b), b.upload_kbps))
      best = other;
  }
  return best;
}

core::TrackerAnswer SimTracker::answer(const core::PeerId& to, const core::Announce& announce) {
  core::TrackerAnswer reply;
  reply.population = claims.value_or(static_cast<std::uint32_t>(viewers_.size()));
  reply.interval = settings_.interval;
  std::set<std::size_t> chosen;
  for (auto tries = 2 * announce.want + 8u; tries > 0 && reply.peers.size() < announce.want;
       --tries) {
    auto at = pick(announce, reply.peers.size() < announce.want * 2u / 3);
    const auto& viewer = viewers_[at];
    if (viewer.id != to && viewer.said.free_slots > 0 && chosen.insert(at).second)
      reply.peers.push_back(viewer.id);
  }
  auto start = random_() % viewers_.size();
  auto steps = std::min<std::size_t>(viewers_.size(), 4 * announce.want + 64u);
  for (std::size_t i = 0; i < steps && reply.peers.size() < announce.want; ++i) {
    auto at = (start + i) % viewers_.size();
    const auto& viewer = viewers_[at];
    if (viewer.id != to && viewer.said.free_slots > 0 && chosen.insert(at).second)
      reply.peers.push_back(viewer.id);
  }
  return reply;
}

} // namespace p2plive::sim
