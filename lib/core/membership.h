// Node management: whom to connect to, whom to let go, when to ask the tracker.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/announce_times.h"
#include "core/events.h"
#include "core/neighbour.h"
#include "core/peer_map.h"
#include "core/reach.h"
#include "core/settings.h"

#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::core {

/// Knows viewers by their ids: candidates, connections being opened, the banned. Open connections
/// are the swarm's neighbours; it judges them, it does not own them.
class Membership {
public:
  explicit Membership(const Settings& settings);

  void joined(Time now);
  bool has_joined() const { return announces_.begun(); }
  void tracker_answered(Time now, const TrackerAnswer& answer);
  void tracker_failed(Time now, std::optional<Duration> retry_after);
  /// Viewers of the RID, this one included: as the tracker says; or, where there are places left
  /// and nobody new to meet, those who are connected, for the tracker still counts who has just
  /// left.
  std::uint32_t audience(const Neighbours& open) const;

  /// What the tracker has appointed this viewer to.
  SeedPlace seed_place() const { return seed_place_; }

  /// As Swarm::offer_arrived.
  bool offer_arrived(Time now, const PeerId& peer, std::size_t open);
  void opened(const PeerId& peer);
  /// The handshake has come: what it says of its reach tells something about ours.
  void met(const Neighbour& neighbour);
  enum class End {
    left,        ///< it was open
    failed,      ///< it never opened: nobody answered, or said no
    unreachable, ///< it never opened, and both sides tried: there is no path
  };
  /// Tried again later, the later the more often it failed.
  void closed(Time now, const PeerId& peer, End end);
  /// For this session nothing more to do with it.
  void ban(const PeerId& peer);
  bool banned(const PeerId& peer) const { return banned_.contains(peer); }

  void set_max_peers(unsigned peers) { max_peers_ = peers; }
  /// What this viewer uploads, in kbit/s, is another figure now; the tracker is to know soon.
  void uplink_changed(Time now, std::uint32_t kilobits);

  /// Something had to come from the CDN because no neighbour could give it in time.
  void fell_short(Time now);

  /// Of the viewers this one went out for. Each counts once while it is remembered, and who came
  /// first does not, except while too little is known: who can meet few goes out for many, so most
  /// of those who come are such, and come again.
  const Reach& reach() const { return reach_; }

  struct Step {
    std::vector<PeerId> connect;
    std::vector<std::pair<PeerId, std::string>> drop; ///< and why
    std::optional<Announce> announce;
  };
  Step step(Time now, const Neighbours& open);
  Time wakeup() const { return std::min(announces_.next(), review_at_); }

private:
  struct Candidate {
    Time try_at{};
    unsigned failures = 0; ///< in a row
    bool named = true;     ///< by the tracker, or met, since the last failure that counts
    Time named_at{};       ///< last by the tracker, since it was met last
    bool counted = false;  ///< nothing more that comes of it changes our reach
    bool awaited = false;  ///< it is open, and its handshake will change our reach
    bool ready(Time now) const { return named && try_at <= now; }
  };
  /// A connection being opened.
  struct Attempt {
    Time since{};
    bool counts = false; ///< what comes of it changes our reach
  };
  bool counted(const PeerId& peer) const;
  Candidate& remember(const PeerId& peer);
  void found_no_path(Time now);
  std::size_t likely_vain(Time now) const;
  bool seems_to_reach_few(Time now) const;
  bool hardly_reaches_anybody() const;
  std::size_t attempts(Time now) const;
  std::size_t wanted(Time now) const;
  /// Connections that are let in.
  std::size_t slots() const;
  void shrink(const Neighbours& open, Step& step) const;
  bool falls_short(Time now) const;
  void judge(Time now, const Neighbours& open, Step& step);
  void choose(Time now, const Neighbours& open, Step& step);
  void announce(Time now, std::size_t open, Step& step);

  PeerId self_;
  unsigned max_peers_;
  std::mt19937_64 random_;
  std::uint32_t population_ = 1;
  SeedPlace seed_place_;
  PeerMap<Candidate> candidates_; ///< those who are open among them
  PeerMap<Attempt> connecting_;   ///< by viewer
  std::set<PeerId> banned_;
  unsigned fruitless_ = 0; ///< attempts without a path since one had one
  Reach reach_;
  std::uint32_t uplink_ = 0;
  unsigned rounds_ = 0; ///< of attempts in vain, while nobody at all is reached
  Time next_try_at_{};  ///< the next of these
  AnnounceTimes announces_;
  Time review_at_ = Time::max();
  Time evict_at_{};
  std::array<Time, 3> fell_short_at_{}; ///< the last times
  bool announced_ = false;
  bool said_so_early_ = false; ///< that it reaches few, before that was certain
};

} // namespace p2plive::core
