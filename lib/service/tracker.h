// Tracker: introduces viewers of one resource to each other.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/clock.h"
#include "service/ids.h"
#include "service/random.h"
#include "service/tracker_store.h"
#include "service/wire.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace p2plive::service {

struct TrackerOptions {
  std::chrono::seconds interval{30}; ///< between two announces of a viewer, +-20 %
  std::chrono::seconds expiry{75};   ///< a viewer that has not announced for so long is gone
  unsigned max_peers = 30;           ///< in one answer
  /// Of an appointed one, where that matters (core/seeding.h): when another takes its place over,
  /// both fetch until it hears of that.
  std::chrono::seconds appointed_interval{10};
};

/// What a viewer says of itself and asks for.
struct Announce {
  enum class Event { update, started, stopped };
  Rid rid;
  PeerId peer;
  NetworkPrefix network; ///< where it asks from
  RegionId region = RegionId::unknown;
  Event event = Event::update;
  unsigned want = 0;
  std::uint16_t free_slots = 0;
  std::uint32_t upload_kbps = 0;
  unsigned connected = 0;
  std::uint8_t reach = 50; ///< per cent of the viewers tried that could be connected
};

struct Introduction {
  std::chrono::seconds interval{}; ///< announce again after it
  std::size_t population = 0;      ///< viewers of the RID, the asker included
  std::vector<PeerId> peers;
  std::uint8_t seed_place = 0; ///< of `seed_places`, from 1; 0: none
  bool listed = true; ///< false: there is no memory for the asker; it may still meet others
};

/// Without I/O: told who asks and when, it answers. Under load (0 to 1) it lengthens the interval,
/// up to four times at full load, and then introduces only those who are connected to nobody.
class Tracker {
public:
  Tracker(TrackerOptions options, std::unique_ptr<TrackerStore> store, std::uint64_t seed);

  Introduction announce(const Announce& announce, Time now, double load);

  /// The same in bytes: a wire::AnnounceRequest to a wire::AnnounceReply.
  Answer answer(std::span<const std::uint8_t> body, NetworkPrefix from, Time now, double load);

  /// To be called about once a second.
  void expire(Time now) { store_->expire(now); }

  const TrackerStore& store() const { return *store_; }

private:
  std::chrono::seconds spread(Duration interval);

  TrackerOptions options_;
  std::unique_ptr<TrackerStore> store_;
  Random random_;
};

} // namespace p2plive::service
