// Where the tracker keeps who watches what. The state is soft: viewers announce again and again,
// and a store that has lost everything is complete again after one announce interval.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/clock.h"
#include "service/ids.h"
#include "service/network_prefix.h"

#include <cstdint>
#include <vector>

namespace p2plive::service {

/// A viewer of one RID, as it last announced itself.
struct TrackedViewer {
  PeerId id;
  NetworkPrefix network;
  RegionId region = RegionId::unknown;
  std::uint32_t upload_kbps = 0; ///< 0: not known
  std::uint16_t free_slots = 0;  ///< further connections it would accept
  std::uint8_t reach = 50;       ///< per cent of the viewers tried that it could be connected with
  Time expires;                  ///< from then on it is as if it were not there
};

enum class Upserted {
  stored,
  full,    ///< there is no memory for another viewer or another RID
  foreign, ///< the id is in use from another network; nothing was changed
};

/// Who reaches less than this, in per cent, is introduced to those who reach most.
inline constexpr std::uint8_t hard_to_reach = 40;
/// From here on nearly everybody can be met.
inline constexpr std::uint8_t open_reach = 88;

/// New chunks are dealt to so many appointed viewers of a RID (core/seeding.h).
inline constexpr std::uint8_t seed_places = 16;

/// Whom somebody would like to meet.
struct SampleQuery {
  PeerId asker;
  NetworkPrefix network;
  RegionId region = RegionId::unknown;
  unsigned want = 0;
  std::uint32_t upload_kbps = 0; ///< of the asker
  std::uint8_t reach = 50;
};

/// Not thread-safe; every call with the time as it is.
///
/// Peer ids are handed out to strangers, so an entry belongs to the network from which it was made
/// until it expires: nobody elsewhere can change or remove it. Who roams is listed again after
/// that.
class TrackerStore {
public:
  virtual ~TrackerStore() = default;

  /// Adds a viewer or takes over what it now says of itself.
  virtual Upserted upsert(const Rid& rid, const TrackedViewer& viewer, Time now) = 0;

  /// Whether it was there, and in that network.
  virtual bool remove(const Rid& rid, const PeerId& id, NetworkPrefix network) = 0;

  /// At most `want` different viewers, in random order: some of the asker's network, up to two
  /// thirds of its region, the rest random; fewer only where there are no more. The first two parts
  /// are the better of two random ones by upload, or the best of up to eight until one uploads as
  /// much as the asker, for those who upload much spread a chunk fastest among themselves. Who is
  /// hard to reach is given the best of two dozen by reach; of those nearly everybody can be met
  /// by, the one that uploads most. Never the asker, an expired one, or one without a free slot.
  virtual std::vector<PeerId> sample(const Rid& rid, const SampleQuery& query, Time now) = 0;

  /// Which of the appointed viewers it is, from 1; 0: none of them. They are chosen as they
  /// announce themselves: those who upload most and can be met by most.
  virtual std::uint8_t seed_place(const Rid& rid, const PeerId& id) const = 0;

  /// Forgets who has expired; in bounded steps, so call it often.
  virtual void expire(Time now) = 0;

  /// Viewers of a RID, those without a free slot included.
  virtual std::size_t population(const Rid& rid) const = 0;

  virtual std::size_t viewers() const = 0; ///< of all RIDs
  virtual std::size_t swarms() const = 0;  ///< RIDs
};

} // namespace p2plive::service
