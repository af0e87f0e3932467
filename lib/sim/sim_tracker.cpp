// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_tracker.h"

#include "service/memory_store.h"

#include <memory>
#include <utility>

namespace p2plive::sim {

SimTracker::SimTracker(EventQueue& queue, const TrackerSettings& settings, std::uint64_t seed)
    : queue_(queue), latency_(settings.latency),
      tracker_(settings.options,
               std::make_unique<service::MemoryStore>(service::MemoryStore::Limits{}, seed),
               seed + 1) {}

void SimTracker::announce(const core::PeerId& from, const core::Announce& announce,
                          Answered answered) {
  queue_.after(latency_ / 2, [this, from, announce, answered = std::move(answered)] {
    std::optional<core::TrackerAnswer> reply;
    if (!down)
      reply = answer(from, announce);
    queue_.after(latency_ / 2, [answered, reply] { answered(reply); });
  });
}

core::TrackerAnswer SimTracker::answer(const core::PeerId& from, const core::Announce& announce) {
  using Event = service::Announce::Event;
  service::Announce said;
  said.peer.bytes = from.bytes;
  // Nobody shares a network with anybody.
  said.network = service::NetworkPrefix::of(from.bytes);
  said.event = announce.event == core::Announce::Event::started   ? Event::started
               : announce.event == core::Announce::Event::stopped ? Event::stopped
                                                                  : Event::update;
  said.want = announce.want;
  said.free_slots = announce.free_slots;
  said.upload_kbps = announce.upload_kbps;
  said.connected = announce.connected;
  said.reach = announce.reach;
  auto now = service::Time(queue_.now().time_since_epoch());
  auto introduction = tracker_.announce(said, now, 0);
  core::TrackerAnswer reply;
  reply.population = claims.value_or(static_cast<std::uint32_t>(introduction.population));
  reply.interval = introduction.interval;
  reply.seed = {service::seed_places, introduction.seed_place};
  for (const auto& peer : introduction.peers)
    reply.peers.push_back({peer.bytes});
  return reply;
}

} // namespace p2plive::sim
