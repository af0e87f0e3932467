// Decides, for every chunk of the window that is not here, where to get it from, and when.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/cursor.h"
#include "core/dealer.h"
#include "core/fetches.h"
#include "core/neighbour.h"
#include "core/seeders_near.h"
#include "core/seeding.h"
#include "core/store.h"
#include "core/timeline.h"

#include <map>
#include <vector>

namespace p2plive::core {

/// So long playback waits, at most, for a chunk that the CDN has refused and another viewer has.
inline constexpr Duration refused_wait = 2s;

/// What the scheduler looks at. It changes nothing, but for what `seeders` has reckoned.
struct Situation {
  Time now{};
  const Seeder& self;
  double bitrate = 0;         ///< bytes a second; 0 while it is not known
  std::optional<double> link; ///< what the way to the CDN carries, likewise; none: not known
  const Timeline& timeline;
  const Store& store;
  const Cursor& cursor;
  const Fetches& fetches;
  const Neighbours& neighbours;
  const Holders& holders; ///< of these neighbours
  SeedersNear& seeders;   ///< likewise
  std::uint32_t population = 1;
  SeedPlace seed_place;
  unsigned reach = 0;  ///< of this viewer; per cent; 0: not known
  bool uploads = true; ///< this viewer may pass on what it has
  bool slow = false;   ///< it uploads less than it takes
  std::optional<double> seed_share;
  Duration cdn_threshold{};  ///< with less playable time left than this a chunk is urgent
  Duration last_call{};      ///< what a viewer was asked for may still come until then
  Time hold_seeding_until{}; ///< viewers are being met: what is not urgent waits for them
};

/// Chunks [first, last] of a segment in one range; `last` may lie behind an end that is not known.
struct PlannedFetch {
  SequenceNumber sn{};
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool urgent = false; ///< for want of somebody who gives it in time; otherwise it is a duty
};

/// A request to take back.
struct Withdrawal {
  PeerId peer;
  SequenceNumber sn{};
  std::uint32_t chunk = 0;
  bool failed = false; ///< it was not answered in time, rather than overtaken by events
};

struct Plan {
  std::vector<PlannedFetch> fetches;
  std::vector<Withdrawal> withdrawals;
  std::vector<Dealt> requests;
  bool look = false; ///< what is to be fetched others told of: our playlist has to show where it is
  bool undealt = false;      ///< some chunks that others have nobody could be asked for now
  Time wakeup = Time::max(); ///< when time alone changes the plan
};

/// The zones of the window, seen from the hand-out position (docs/scheduling.md):
/// urgent - to the CDN at once; otherwise what a viewer has is dealt, and what nobody has is
/// fetched by those whose duty it is.
Plan plan(const Situation& situation);

/// The auto threshold: twice what the first chunk of a fetch takes, between 0.4 s and half of the
/// time that peers have; an explicit one is cut to that time.
Duration cdn_threshold(std::optional<Duration> wanted, Duration fetch_p95, Duration peers_time);

/// How long before it is due a chunk that a viewer was asked for is given up for the CDN: the auto
/// threshold is generous, and what is on its way by then would mostly come twice.
Duration last_call(Duration threshold, Duration fetch_p95);

} // namespace p2plive::core
