// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/memory_store.h"

#include <algorithm>
#include <utility>

namespace p2plive::service {
namespace {

constexpr unsigned most_drawn = 8; // for one viewer handed out
constexpr unsigned most_drawn_for_hard = 24;
constexpr unsigned most_drawn_to_beat = 64;
constexpr std::uint32_t most_believed_kbps = 100'000;
// So that a million viewers who expire at once do not hold up everybody else's announces.
constexpr unsigned max_expiries_a_call = 10'000;

std::int64_t second_after(Time time) {
  return std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()).count();
}

// Whom a new chunk should come to first. Nobody is believed more than a fast line, or an invented
// one could not be outdone; an upload that is not known is better than nobody. Whom nearly
// everybody can meet has enough to do for those who can meet nobody else.
std::uint64_t strength(const TrackedViewer& viewer) {
  auto upload = std::clamp(viewer.upload_kbps, std::uint32_t{1}, most_believed_kbps);
  auto weight = viewer.reach < hard_to_reach ? 0u
                : viewer.reach >= open_reach ? viewer.reach / 2u
                                             : viewer.reach;
  return std::uint64_t{upload} * weight;
}

std::uint64_t to_replace(const TrackedViewer& holder) {
  return strength(holder) * (holder.upload_kbps >= most_believed_kbps ? 2 : 4);
}

bool is_open(const TrackedViewer& viewer) {
  return viewer.free_slots > 0;
}

} // namespace

// Draws the viewers for one answer.
class MemoryStore::Pick {
public:
  Pick(MemoryStore& store, const SampleQuery& query, Time now)
      : store_(store), query_(query), now_(now) {
    chosen_.reserve(query.want);
  }

  std::size_t count() const { return chosen_.size(); }

  // Draws from `list` until `target` are chosen, or luck seems to have left.
  void draw(const List& list, std::size_t target, bool choosy) {
    auto size = static_cast<std::uint32_t>(list.size());
    auto tries = 2 * target + 8;
    while (size > 0 && chosen_.size() < target && tries-- > 0) {
      auto pick = list[store_.random_.below(size)];
      auto most = !choosy ? 1 : hard() ? most_drawn_for_hard : most_drawn;
      for (unsigned drawn = 1; drawn < most; ++drawn) {
        if (drawn > 1 && !hard() && eligible(pick) &&
            worth(viewer(pick)).second >= query_.upload_kbps)
          break;
        pick = better(pick, list[store_.random_.below(size)]);
      }
      if (eligible(pick))
        chosen_.push_back(pick);
    }
  }

  // Goes through `list` from a random place on; not forever where many have expired.
  void fill(const List& list, std::size_t target) {
    if (list.empty() || chosen_.size() >= target)
      return;
    auto start = store_.random_.below(static_cast<std::uint32_t>(list.size()));
    auto steps = std::min(list.size(), 4 * target + 64);
    for (std::size_t i = 0; i < steps && chosen_.size() < target; ++i)
      if (auto pick = list[(start + i) % list.size()]; eligible(pick))
        chosen_.push_back(pick);
  }

  // In random order: who takes only some of them still gets the same mixture.
  std::vector<PeerId> finish() {
    std::vector<PeerId> ids;
    ids.reserve(chosen_.size());
    for (auto left = chosen_.size(); left > 0; --left) {
      std::swap(chosen_[store_.random_.below(static_cast<std::uint32_t>(left))], chosen_[left - 1]);
      ids.push_back(store_.slots_[chosen_[left - 1]].viewer.id);
    }
    return ids;
  }

private:
  const TrackedViewer& viewer(SlotIndex index) const { return store_.slots_[index].viewer; }

  bool eligible(SlotIndex index) const {
    return viewer(index).expires > now_ && viewer(index).id != query_.asker &&
           std::find(chosen_.begin(), chosen_.end(), index) == chosen_.end();
  }

  SlotIndex better(SlotIndex a, SlotIndex b) const {
    if (!eligible(a))
      return b;
    return eligible(b) && worth(viewer(b)) > worth(viewer(a)) ? b : a;
  }

  std::pair<unsigned, std::uint32_t> worth(const TrackedViewer& viewer) const {
    if (hard())
      return {std::min(viewer.reach, open_reach), viewer.upload_kbps};
    return {0, viewer.reach >= open_reach ? viewer.upload_kbps / 4 : viewer.upload_kbps};
  }

  bool hard() const { return query_.reach < hard_to_reach; }

  MemoryStore& store_;
  const SampleQuery& query_;
  Time now_;
  List chosen_;
};

MemoryStore::MemoryStore(Limits limits, std::uint64_t seed)
    : limits_(limits), random_(seed), hash_(random_), swarms_(0, hash_) {}

Upserted MemoryStore::upsert(const Rid& rid, const TrackedViewer& viewer, Time now) {
  auto found = swarms_.find(rid);
  if (found != swarms_.end()) {
    auto& members = found->second.members;
    if (auto member = members.find(viewer.id); member != members.end()) {
      auto& slot = slots_[member->second];
      if (slot.viewer.network != viewer.network && slot.viewer.expires > now)
        return Upserted::foreign;
      unlist(member->second);
      slot.viewer = viewer;
      list(member->second);
      appoint(member->second);
      return Upserted::stored;
    }
  }
  if (viewers() >= limits_.viewers || (found == swarms_.end() && swarms_.size() >= limits_.swarms))
    return Upserted::full;
  if (found == swarms_.end())
    found = swarms_
                .emplace(std::piecewise_construct, std::forward_as_tuple(rid),
                         std::forward_as_tuple(rid, hash_))
                .first;
  auto index = take_slot();
  slots_[index].viewer = viewer;
  slots_[index].swarm = &found->second;
  found->second.members.emplace(viewer.id, index);
  list(index);
  schedule(index);
  appoint(index);
  return Upserted::stored;
}

// A place that is free goes to who is not much weaker than the strongest of some others; one that
// is taken to who is four times as strong, for until the one before it announces itself again both
// fetch, and uploads are known to a factor of two. Who claims more than is believed gives way
// sooner: nobody is to be so strong that it cannot be outdone.
void MemoryStore::appoint(SlotIndex index) {
  auto& slot = slots_[index];
  auto own = strength(slot.viewer);
  if (slot.seed_place > 0) {
    if (own == 0)
      discharge(index);
    return;
  }
  auto& seeders = slot.swarm->seeders;
  // Whoever announces many viewers from one network gets one of the places.
  bool network_holds_one = std::ranges::any_of(seeders, [&](const auto& seeder) {
    return seeder && slots_[*seeder].viewer.network == slot.viewer.network;
  });
  if (network_holds_one && slot.viewer.network != NetworkPrefix{})
    return;
  auto weakest = std::ranges::min_element(seeders, {}, [&](const auto& seeder) {
    return seeder ? strength(slots_[*seeder].viewer) + 1 : 0;
  });
  auto to_beat =
      *weakest ? to_replace(slots_[**weakest].viewer) : strongest_of_some(*slot.swarm) / 2;
  if (own == 0 || own < to_beat)
    return;
  if (*weakest)
    discharge(**weakest);
  *weakest = index;
  slot.seed_place = static_cast<std::uint8_t>(weakest - seeders.begin() + 1);
}

void MemoryStore::discharge(SlotIndex index) {
  auto& slot = slots_[index];
  if (slot.seed_place > 0)
    slot.swarm->seeders[slot.seed_place - 1u].reset();
  slot.seed_place = 0;
}

std::uint64_t MemoryStore::strongest_of_some(const Swarm& swarm) {
  std::uint64_t strongest = 0;
  for (unsigned drawn = 0; drawn < most_drawn_to_beat && !swarm.open.empty(); ++drawn) {
    auto index = swarm.open[random_.below(static_cast<std::uint32_t>(swarm.open.size()))];
    strongest = std::max(strongest, strength(slots_[index].viewer));
  }
  return strongest;
}

std::uint8_t MemoryStore::seed_place(const Rid& rid, const PeerId& id) const {
  auto swarm = swarms_.find(rid);
  if (swarm == swarms_.end())
    return 0;
  auto member = swarm->second.members.find(id);
  return member == swarm->second.members.end() ? 0 : slots_[member->second].seed_place;
}

bool MemoryStore::remove(const Rid& rid, const PeerId& id, NetworkPrefix network) {
  auto swarm = swarms_.find(rid);
  if (swarm == swarms_.end())
    return false;
  auto member = swarm->second.members.find(id);
  if (member == swarm->second.members.end() || slots_[member->second].viewer.network != network)
    return false;
  drop(member->second);
  return true;
}

std::vector<PeerId> MemoryStore::sample(const Rid& rid, const SampleQuery& query, Time now) {
  auto found = swarms_.find(rid);
  if (found == swarms_.end() || query.want == 0)
    return {};
  const auto& swarm = found->second;
  Pick pick(*this, query, now);
  // services.md: some near, up to two thirds of the region, the rest random.
  std::size_t near = (query.want + 3) / 4, of_region = query.want * 2 / 3;
  if (auto list = swarm.by_network.find(query.network); list != swarm.by_network.end())
    pick.draw(list->second, near, true);
  // Where the region is not known, everybody is of the same.
  auto region = swarm.by_region.find(query.region);
  if (query.region == RegionId::unknown)
    pick.draw(swarm.open, of_region, true);
  else if (region != swarm.by_region.end())
    pick.draw(region->second, of_region, true);
  // Among those drawn by chance alone, who is hard to reach would find nobody.
  pick.draw(swarm.open, query.want, query.reach < hard_to_reach);
  pick.fill(swarm.open, query.want);
  return pick.finish();
}

void MemoryStore::expire(Time now) {
  unsigned looked_at = 0;
  auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  while (!due_.empty() && due_.begin()->first <= second) {
    auto& turn = due_.begin()->second;
    while (!turn.empty()) {
      if (looked_at++ == max_expiries_a_call)
        return;
      auto [index, generation] = turn.back();
      turn.pop_back();
      if (slots_[index].generation != generation)
        continue;
      if (slots_[index].viewer.expires <= now)
        drop(index);
      else
        schedule(index);
    }
    due_.erase(due_.begin());
  }
}

std::size_t MemoryStore::population(const Rid& rid) const {
  auto found = swarms_.find(rid);
  return found == swarms_.end() ? 0 : found->second.members.size();
}

MemoryStore::SlotIndex MemoryStore::take_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<SlotIndex>(slots_.size() - 1);
  }
  auto index = free_.back();
  free_.pop_back();
  return index;
}

void MemoryStore::add_to(List& list, SlotIndex index, std::uint32_t Slot::*position) {
  slots_[index].*position = static_cast<std::uint32_t>(list.size());
  list.push_back(index);
}

void MemoryStore::take_from(List& list, SlotIndex index, std::uint32_t Slot::*position) {
  auto place = slots_[index].*position;
  list[place] = list.back();
  slots_[list[place]].*position = place;
  list.pop_back();
}

void MemoryStore::list(SlotIndex index) {
  const auto& slot = slots_[index];
  if (!is_open(slot.viewer))
    return;
  add_to(slot.swarm->open, index, &Slot::in_open);
  add_to(slot.swarm->by_network[slot.viewer.network], index, &Slot::in_network);
  if (slot.viewer.region != RegionId::unknown)
    add_to(slot.swarm->by_region[slot.viewer.region], index, &Slot::in_region);
}

void MemoryStore::unlist(SlotIndex index) {
  const auto& slot = slots_[index];
  if (!is_open(slot.viewer))
    return;
  take_from(slot.swarm->open, index, &Slot::in_open);
  auto network = slot.swarm->by_network.find(slot.viewer.network);
  take_from(network->second, index, &Slot::in_network);
  if (network->second.empty())
    slot.swarm->by_network.erase(network);
  if (slot.viewer.region == RegionId::unknown)
    return;
  auto region = slot.swarm->by_region.find(slot.viewer.region);
  take_from(region->second, index, &Slot::in_region);
  if (region->second.empty())
    slot.swarm->by_region.erase(region);
}

void MemoryStore::drop(SlotIndex index) {
  unlist(index);
  discharge(index);
  auto& slot = slots_[index];
  auto* swarm = slot.swarm;
  swarm->members.erase(slot.viewer.id);
  if (swarm->members.empty())
    swarms_.erase(Rid(swarm->rid));
  slot.swarm = nullptr;
  ++slot.generation;
  free_.push_back(index);
}

void MemoryStore::schedule(SlotIndex index) {
  const auto& slot = slots_[index];
  due_[second_after(slot.viewer.expires)].push_back({index, slot.generation});
}

} // namespace p2plive::service
