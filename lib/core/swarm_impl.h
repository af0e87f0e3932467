// Inside of Swarm: its parts, and the one pass over them after each event.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/cursor.h"
#include "core/fetches.h"
#include "core/have_journal.h"
#include "core/hearsay.h"
#include "core/membership.h"
#include "core/messages.h"
#include "core/scheduler.h"
#include "core/store.h"
#include "core/swarm.h"
#include "core/timeline.h"
#include "core/uploader.h"

namespace p2plive::core {

/// Requests are given up before this; what is left of them then has no place in the window.
inline constexpr Duration owed_for_good = 10s;

class Swarm::Impl {
public:
  Impl(Time now, Settings settings);

  // swarm_cdn.cpp: what the CDN sends.
  void fetch_answered(Time now, FetchId id, const FetchHead& head);
  void fetch_data(Time now, FetchId id, std::span<const std::uint8_t> bytes);
  void fetch_done(Time now, FetchId id);
  void fetch_failed(Time now, FetchId id, const FetchError& error);

  // swarm_listing.cpp: which segments there are.
  void listed(Time now, WallTime wall, const Listing& listing);
  std::optional<Time> poll_left_until(Time now);

  // swarm_seam.cpp: from one swarm to another.
  void end_before(Time now, std::optional<SequenceNumber> sn);
  void begin_with(Time now, SequenceNumber sn, Time due);
  void take_over(Time now, Impl& other);

  // swarm.cpp: the window, and the passes.
  /// Lets everything happen that is due. `changed`: what is known has changed, so that a plan of
  /// before may be wrong; otherwise it is made anew only when time asks for it.
  void run(Time now, bool changed = true);
  /// A message has come: is there anything to do for run()?
  bool is_due(Time now) const;
  void leave(Time now);
  Statistics statistics() const;

  // swarm_peers.cpp, swarm_uploads.cpp: the other viewers.
  void tracker_answered(Time now, const TrackerAnswer& answer);
  void peer_opened(Time now, const PeerId& peer);
  void peer_message(Time now, const PeerId& peer, std::span<const std::uint8_t> message);
  void prepare_message(const PeerId& peer, unsigned step) const;
  void peer_closed(Time now, const PeerId& peer);
  void connection_holds(Time now, Neighbour& neighbour, std::size_t bytes);

  Settings settings;
  Timeline timeline;
  Store store;
  Cursor cursor;
  Fetches fetches;
  Neighbours neighbours;
  Holders holders;
  SeedersNear seeders;
  Membership membership;
  Uploader uploader;
  HaveJournal journal;
  Hearsay hearsay;
  std::optional<Rid> rid;
  std::optional<double> link; ///< Swarm::set_link
  std::vector<Action> actions;
  Time now;
  Time wakeup = Time::max();

private:
  // The passes of run(), in this order.
  void serve_uploads();
  void hand_out();
  const StoredSegment* refused() const;
  void leave_out_refused();
  bool leave_out(const StoredSegment& refused);
  void plan_and_ask();
  void tell_haves();
  void manage_nodes();
  void give_up_when_dry();

  void restart();
  void segment_known();
  void correct(const Timeline::Refuted& refuted);
  void hear(const Neighbour& from, const HaveMessage& have);
  void adopt_told();
  std::optional<ToldEntry> entry_for(Neighbour& neighbour, std::uint32_t audience) const;
  bool leaves(Time now, SequenceNumber sn) const;
  void look_at_playlist();
  void put_off(StoredSegment& segment, Time now);
  void cancel_others(const Transfer& transfer);
  void give_up_laggard();
  void open_window();
  void open_init(SequenceNumber init);
  void drop_inits();
  void adopt_claims(StoredSegment& segment);
  void close_window();
  bool size_told(StoredSegment& segment, std::uint64_t size, std::optional<PeerId> by);
  void keep(StoredSegment& segment, std::uint32_t chunk, ChunkRef data, const ChunkLife& life);
  HaveJournal::Spread spread_of(const ChunkName& chunk) const;
  Duration threshold() const;
  Position hand_out_position() const { return cursor.position(timeline, store); }

  void send(const PeerId& to, const PeerMessage& message);
  void drop(const PeerId& peer, const std::string& reason, bool for_good);
  void unask(const PeerId& peer);
  bool take_back(Neighbour& neighbour, const ChunkName& chunk);
  void forget(const PeerId& peer);

  void on(Neighbour& from, const HandshakeMessage& message);
  void on(Neighbour& from, const HaveMessage& message);
  void on(Neighbour& from, const RequestMessage& message);
  void on(Neighbour& from, const CancelMessage& message);
  void on(Neighbour& from, const PieceMessage& message);
  void on(Neighbour& from, const BusyMessage& message);
  void on(Neighbour& from, const ByeMessage& message);
  void on(Neighbour& from, const UnknownMessage& message);
  std::uint8_t reach() const;
  bool slow() const;
  void note_holding(const Neighbour& neighbour);
  void measure_uplink(std::size_t left);
  void refuse_late();
  HaveMessage news(HaveMessage have) const;
  bool lacks(const StoredSegment* segment, std::uint32_t first, std::uint32_t count) const;
  bool is_of_use(const Gain& gain) const;
  bool is_of_use(const HaveMessage& have);
  void tell(Neighbour& neighbour, const HaveMessage& have, std::uint32_t audience);
  Slot* slot_of(const ChunkName& chunk);

  // swarm_push.cpp: what is given unasked.
  void push(const StoredSegment& segment, std::uint32_t chunk);
  bool begin_push(Neighbour& to, const ChunkName& chunk);
  void take_unasked(Neighbour& from, const PieceMessage& message);

  Statistics stats_;
  Time began_;
  Time delivered_at_;
  std::optional<Time> starving_since_;
  unsigned laggards_ = 0;             ///< that were given up since then
  std::optional<Time> refused_since_; ///< starving for what the CDN has refused
  std::optional<FetchError> last_failure_;
  Time hold_seeding_until_{};
  Time hinted_at_{};
  Time look_again_at_{};
  Time looked_at_playlist_{};
  /// A refresh that is left to others.
  struct Left {
    SequenceNumber sn{}; ///< to tell of this segment
    Time since{};
    bool in_vain = false; ///< nobody told in time
  };
  std::optional<Left> left_;
  Time forget_at_{};
  Time keep_alive_at_ = Time::max(); ///< somebody has not heard from us for long
  Time plan_at_ = Time::max();       ///< when time alone changes the plan
  bool replan_ = false;              ///< something else has changed it
  bool undealt_ = false;             ///< the plan has chunks that nobody was free to be asked for
  bool pass_due_ = false;            ///< a message has left work for run()
  Time looked_at_{};                 ///< the last run()
  std::uint32_t told_uplink_ = 0;    ///< what others know this viewer can upload; kbit/s
  std::uint8_t told_reach_ = 0;      ///< whom it can meet, likewise; per cent
  std::uint32_t settled_uplink_ = 0; ///< these two when the newest segment was listed
  std::uint8_t settled_reach_ = 0;   ///< (Neighbour::settled_uplink)
  bool window_grew_ = false;         ///< sizes are expected, or claimed, that were not before
  std::vector<const Neighbour*> holding_; ///< all to whom the connection holds something
  bool met_somebody_ = false;
  bool enough_uplink_ = true; ///< near, for all
  bool primed_ = false;       ///< the lead has gone out
  bool finished_ = false;
};

} // namespace p2plive::core
