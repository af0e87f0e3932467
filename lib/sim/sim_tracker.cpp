// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_tracker.h"

#include <algorithm>
#include <vector>

namespace p2plive::sim {

void SimTracker::announce(const core::PeerId& from, const core::Announce& announce,
                          Answered answered) {
  queue_.after(settings_.latency / 2, [this, from, announce, answered = std::move(answered)] {
    std::optional<core::TrackerAnswer> reply;
    if (!down) {
      if (announce.event == core::Announce::Event::stopped)
        viewers_.erase(from);
      else
        viewers_[from] = queue_.now();
      reply = answer(from, announce.want);
    }
    queue_.after(settings_.latency / 2, [answered, reply] { answered(reply); });
  });
}

core::TrackerAnswer SimTracker::answer(const core::PeerId& to, std::size_t want) {
  std::erase_if(viewers_,
                [&](const auto& entry) { return queue_.now() - entry.second > settings_.expiry; });
  core::TrackerAnswer reply;
  reply.population = claims.value_or(static_cast<std::uint32_t>(viewers_.size()));
  reply.interval = settings_.interval;
  std::vector<core::PeerId> others;
  for (const auto& [id, at] : viewers_)
    if (id != to)
      others.push_back(id);
  for (std::size_t i = 0; i < std::min(want, others.size()); ++i) {
    std::swap(others[i], others[i + random_() % (others.size() - i)]);
    reply.peers.push_back(others[i]);
  }
  return reply;
}

} // namespace p2plive::sim
