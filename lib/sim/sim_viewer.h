// One simulated viewer: a core::Swarm, and the hands that carry out what it says.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/swarm.h"
#include "sim/node.h"
#include "sim/sim_cdn.h"
#include "sim/sim_network.h"
#include "sim/sim_tracker.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace p2plive::sim {

struct ViewerSettings {
  core::Settings core; ///< `self` and `seed` are given by the world
  Access access;
};

/// What all viewers share.
struct Surroundings {
  EventQueue& queue;
  SimNetwork& network;
  SimCdn& cdn;
  SimTracker& tracker;
};

class SimViewer : public Node {
public:
  SimViewer(const Surroundings& around, std::size_t index, ViewerSettings settings);

  void start(); ///< begins to watch, and meets the others
  void leave(); ///< says good-bye
  void kill();  ///< vanishes without a word
  bool watching() const { return watching_; }

  const core::Swarm& swarm() const { return *swarm_; }
  std::size_t index() const { return index_; }
  const Access& access() const { return settings_.access; }
  /// Its line as far as its user lets others have it; none: not at all.
  std::optional<Access> giving() const;

  /// What came out, by segment: how many bytes, and whether all were right and in order.
  struct Played {
    std::uint64_t bytes = 0;
    Time first_at{};
  };
  const std::map<Segment, Played>& played() const { return played_; }
  unsigned wrong() const { return wrong_; } ///< pieces handed out with other bytes than the CDN's
  unsigned spliced() const { return spliced_; }         ///< hand-outs that do not continue the last
  unsigned breaks() const { return breaks_; }           ///< discontinuities, the first included
  Duration worst_delay() const { return worst_delay_; } ///< of media at the sink
  unsigned finished() const { return finished_; }
  std::uint64_t digest() const { return digest_; } ///< of all actions, in order
  std::uint64_t calls() const { return calls_; }   ///< of the swarm
  std::uint64_t polls() const { return polls_; }   ///< of the playlist
  std::vector<std::string> drops;                  ///< reasons given for closing connections

  // Node.
  bool offer_arrived(const PeerId& from) override;
  void opened(const PeerId& peer) override;
  void message(const PeerId& from, std::span<const std::uint8_t> bytes) override;
  void prepare_message(const PeerId& from, unsigned step) const override;
  void buffered(const PeerId& to, std::size_t bytes) override;
  void closed(const PeerId& peer) override;
  void unreachable(const PeerId& peer) override;

private:
  Time now() const { return around_.queue.now(); }
  void poll_playlist();
  void playlist_came(Time asked);
  /// `wanted`: by the swarm, which leaves this one to nobody.
  void poll_at(Time at, bool wanted = false);
  void act();
  void prepare_sends(const std::vector<core::Action>& actions) const;
  void sleep();
  Segment made(const core::Deliver& deliver) const;
  bool right(const core::Deliver& deliver, const Segment& segment) const;
  void note(std::uint64_t kind, std::uint64_t a, std::uint64_t b);

  void carry_out(const core::Fetch& fetch);
  void carry_out(const core::CancelFetch& cancel);
  void carry_out(const core::RefreshPlaylist&);
  void carry_out(core::Send& send);
  void carry_out(const core::Connect& connect);
  void carry_out(const core::Disconnect& disconnect);
  void carry_out(const core::Announce& announce);
  void carry_out(const core::Deliver& deliver);
  void carry_out(const core::LeaveOut&) {}
  void carry_out(const core::Finish&);

  Surroundings around_;
  std::size_t index_;
  ViewerSettings settings_;
  std::optional<core::Swarm> swarm_;
  bool watching_ = false;
  std::unordered_set<PeerId> links_; ///< open, or being opened
  std::vector<PeerId> sent_to_;      ///< in this batch of actions
  Time polled_at_{};
  std::uint64_t poll_number_ = 0;
  bool polling_ = false;
  std::optional<SequenceNumber> newest_;
  Time wake_at_ = Time::max();  ///< the swarm wants to be woken
  Time alarm_at_ = Time::max(); ///< the next event that looks whether it does
  std::uint64_t alarm_number_ = 0;

  std::map<Segment, Played> played_;
  std::optional<core::Deliver> last_;
  unsigned wrong_ = 0;
  unsigned spliced_ = 0;
  unsigned breaks_ = 0;
  unsigned finished_ = 0;
  Duration worst_delay_{};
  std::uint64_t digest_ = 0;
  std::uint64_t calls_ = 0;
  std::uint64_t polls_ = 0;
};

} // namespace p2plive::sim
