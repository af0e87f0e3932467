// The tracker's store in memory.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/random.h"
#include "service/tracker_store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace p2plive::service {

/// An announce costs a few look-ups and one random pick per viewer handed out, whatever the size of
/// the swarm; a viewer takes about 300 bytes.
class MemoryStore : public TrackerStore {
public:
  struct Limits {
    std::size_t viewers = 1'000'000;
    std::size_t swarms = 100'000;
  };
  MemoryStore(Limits limits, std::uint64_t seed);

  Upserted upsert(const Rid& rid, const TrackedViewer& viewer, Time now) override;
  bool remove(const Rid& rid, const PeerId& id, NetworkPrefix network) override;
  std::vector<PeerId> sample(const Rid& rid, const SampleQuery& query, Time now) override;
  void expire(Time now) override;
  std::uint8_t seed_place(const Rid& rid, const PeerId& id) const override;
  std::size_t population(const Rid& rid) const override;
  std::size_t viewers() const override { return slots_.size() - free_.size(); }
  std::size_t swarms() const override { return swarms_.size(); }

private:
  using SlotIndex = std::uint32_t;
  using List = std::vector<SlotIndex>;

  struct Swarm {
    explicit Swarm(const Rid& r, const KeyedHash& hash)
        : rid(r), members(0, hash), by_network(0, hash), by_region(0, hash) {}
    Rid rid;
    std::unordered_map<PeerId, SlotIndex, KeyedHash> members;
    // Only those with a free slot stand in these.
    List open;
    std::unordered_map<NetworkPrefix, List, KeyedHash> by_network;
    std::unordered_map<RegionId, List, KeyedHash> by_region; // without RegionId::unknown
    std::array<std::optional<SlotIndex>, seed_places> seeders;
  };

  struct Slot {
    TrackedViewer viewer;
    Swarm* swarm = nullptr; // none: the slot is free
    std::uint32_t generation = 0;
    std::uint8_t seed_place = 0;                              // from 1
    std::uint32_t in_open = 0, in_network = 0, in_region = 0; // positions, while it is open
  };

  struct Due {
    SlotIndex slot;
    std::uint32_t generation;
  };

  class Pick;

  SlotIndex take_slot();
  void list(SlotIndex index);
  void unlist(SlotIndex index);
  void drop(SlotIndex index);
  void appoint(SlotIndex index);
  void discharge(SlotIndex index);
  std::uint64_t strongest_of_some(const Swarm& swarm);
  void schedule(SlotIndex index);
  void add_to(List& list, SlotIndex index, std::uint32_t Slot::*position);
  void take_from(List& list, SlotIndex index, std::uint32_t Slot::*position);

  Limits limits_;
  Random random_;
  KeyedHash hash_;
  std::vector<Slot> slots_;
  std::vector<SlotIndex> free_;
  std::unordered_map<Rid, Swarm, KeyedHash> swarms_;
  // Second -> whom to look at then. Everybody stands here once; who has announced again meanwhile
  // is moved on when the turn comes.
  std::map<std::int64_t, std::vector<Due>> due_;
};

} // namespace p2plive::service
