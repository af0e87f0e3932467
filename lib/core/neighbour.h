// One connected viewer: what it has, what it owes, how good it is.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/chunk_set.h"
#include "core/clock.h"
#include "core/holders.h"
#include "core/ids.h"
#include "core/messages.h"
#include "core/offences.h"
#include "core/peer_map.h"
#include "core/prefetch.h"
#include "core/push_allowance.h"

#include <numbers>
#include <optional>
#include <vector>

namespace p2plive::core {

/// What a viewer says it has of one segment.
struct RemoteSegment {
  ObjectName name;
  std::uint64_t size = 0;
  ChunkSet chunks;
};

/// A segment that a viewer was told of.
struct NamedSegment {
  ObjectName name;
  std::uint64_t size = 0;
};

/// One request that has not been answered.
struct Owed {
  ChunkName chunk;
  Time asked_at{};
};

class Neighbour {
  // What is looked at of every neighbour comes first: it shares a cache line or two.
  PeerId id_;

public:
  // The handshake.
  bool ready = false;         ///< theirs has come and was right
  bool uploads = true;        ///< it serves requests
  bool hears_entries = false; ///< it knows what entries of playlists are
  bool hears_pushes = false;  ///< it knows what is pushed, and may push

private:
  unsigned failures_ = 0;
  Time busy_until_{};
  double rate_ = 500'000; ///< until measured: half of what a median uplink does
  std::vector<Owed> owed_;
  std::vector<RemoteSegment> segments_; ///< in order
  std::optional<unsigned> reach_;
  double uplink_ = 0;
  std::optional<SequenceNumber> newest_listed_;
  Duration answer_time_ = 250ms; ///< from request to piece when it owed nothing else
  std::size_t buffered_ = 0;
  Time moved_at_{}; ///< when something left, or was given to an empty one

public:
  Neighbour(const PeerId& id, Time now) : id_(id), opened_at_(now), last_heard_(now) {}

  const PeerId& id() const { return id_; }
  Time opened_at() const { return opened_at_; }
  /// From now on it is noted there, or nowhere (null), with all that it could be asked for. After
  /// the handshake, for that says whether it could. It must stay where it is until it is noted
  /// nowhere.
  void count_in(Holders* holders);

  Offences offences; ///< answers that nobody asked for, segments that there are not
  /// What it says that it can upload, in bytes a second; 0 while it does not know.
  double uplink() const { return uplink_; }
  /// That is told in powers of two, rounded down: the middle of what it may be.
  double likely_uplink() const { return uplink_ * std::numbers::sqrt2; }
  void tells_uplink(std::uint32_t kilobits);
  /// Per cent of viewers that it can be connected with; none while it does not know.
  std::optional<unsigned> reach() const { return reach_; }
  void tells_reach(unsigned per_cent);

  /// What it told of both before the newest segment was listed: by this is reckoned who fetches
  /// what is new, the same from a segment's first chunk to its last. Who turned out to be better
  /// while others were fetching already would fetch the same once more.
  double settled_uplink() const { return settled_uplink_; }
  unsigned settled_reach() const { return settled_reach_; } ///< 0: not known
  /// A segment is listed, or it has just been met.
  void settle() {
    settled_uplink_ = uplink_;
    settled_reach_ = reach_.value_or(0);
  }

  // What it has.
  void learn(const HaveMessage& have);
  void learn(const Gain& gain);
  bool has(const ChunkName& chunk) const;
  /// Could be asked for it, now or when it is less busy.
  bool gives(const ChunkName& chunk) const { return ready && uploads && has(chunk); }
  /// What it could be asked for of a segment; null: nothing. Valid until the next change.
  const RemoteSegment* gives(const ObjectName& segment) const;
  void has_not(const ChunkName& chunk); ///< it said so itself
  /// What it has of a segment, in whatever version; null when it has told nothing. Valid until the
  /// next change.
  const RemoteSegment* find(SequenceNumber sn) const;
  const std::vector<RemoteSegment>& segments() const { return segments_; }
  /// What it tells next is about to be noted: mostly of one of these.
  void prefetch_newest() const {
    for (auto i = segments_.size(); i-- > 0 && i + 3 > segments_.size();)
      prefetch(segments_[i]);
  }
  /// What is news to it in `have`, to be sent: chunks that it has itself are none. A segment is
  /// named in full the first time, as sending it says.
  HaveMessage tell(const HaveMessage& have);
  std::optional<SequenceNumber> newest_listed() const { return newest_listed_; }

  // What it owes.
  void ask(Time now, const ChunkName& chunk) { owed_.push_back({chunk, now}); }
  /// Forgets a request. False when there was none.
  bool forget(const ChunkName& chunk);
  /// Likewise, but what it answers may be on its way.
  bool take_back(Time now, const ChunkName& chunk);
  /// False: no such request was taken back of late.
  bool forget_taken_back(const ChunkName& chunk);
  /// Forgets requests made before `since`: their chunks have left the window, or were replaced.
  void forget_before(Time since);
  const std::vector<Owed>& owed() const { return owed_; }
  /// Requests that it may owe at the same time: about a second of what it delivers.
  std::size_t most_owed() const;
  /// How long one more chunk would take to come, behind what it owes already.
  Duration expected(std::size_t bytes) const;

  // How good it is.
  void delivered(Time now, const ChunkName& chunk, std::size_t bytes);
  void failed_to_deliver(Time now);
  void is_busy(Time now, Duration retry_after);
  bool available(Time now) const { return ready && uploads && now >= busy_until_; }
  Time busy_until() const { return busy_until_; }
  double rate() const { return rate_; } ///< bytes a second, while it had something to deliver
  double quality() const;               ///< to be compared with other viewers' only
  /// Bytes of pieces, in either direction, of late.
  double exchanged() const { return exchanged_; }
  double received() const { return received_; }   ///< of these, from it
  void pass_of_time(double share);                ///< what is long ago counts for less
  unsigned failures() const { return failures_; } ///< in a row

  void heard(Time now) { last_heard_ = now; }
  Time last_heard() const { return last_heard_; }

  // The way out: bytes given to the connection that have not left.
  std::size_t buffered() const { return buffered_; }
  void given(Time now, std::size_t bytes);
  /// The connection says how much it holds; returns how many bytes have left that it had held for a
  /// while. What it takes from us and has sent by the time it first speaks was never waiting.
  std::size_t holds(Time now, std::size_t bytes);
  /// Nothing has left for longer than it should take at `rate`, in bytes a second.
  bool stands_still(Time now, double rate) const;
  Time told_at{};                ///< our last have
  std::uint32_t told_uplink = 0; ///< our uplink, as told last; kbit/s
  std::uint8_t told_reach = 0;   ///< our reach, likewise; per cent
  SequenceNumber told_listed{};  ///< the newest segment, likewise
  SequenceNumber told_entry{};   ///< the last entry of our playlist that it was told

  // What is pushed, in either direction.
  PushAllowance to_push{share_to_push}; ///< to it
  PushAllowance may_push{share_put_up_with};
  void pushed(Time now, const ChunkName& chunk) { pushed_.push_back({chunk, now}); }
  /// False: it was not pushed to it, or long ago.
  bool forget_pushed(const ChunkName& chunk);
  void gave_unasked(std::size_t bytes);

private:
  RemoteSegment* find(SequenceNumber sn);
  RemoteSegment& enter(const ObjectName& name, std::uint64_t size);
  void forget_old_inits(const HaveMessage& news);
  void got(RemoteSegment& segment, std::size_t chunk);
  void lost(const RemoteSegment& segment);
  Time opened_at_;
  Time last_heard_;
  Holders* holders_ = nullptr;
  std::size_t place_ = 0;          ///< there
  std::vector<NamedSegment> told_; ///< segments that our haves have named in full
  std::vector<Owed> taken_back_;   ///< of late; when
  std::vector<Owed> pushed_;       ///< by us, of late
  double settled_uplink_ = 0;
  unsigned settled_reach_ = 0;
  double exchanged_ = 0;
  double received_ = 0;
  bool given_ = false; ///< since the connection said how much it holds
  bool measured_ = false;
  Time last_piece_{};
};

/// Those that are connected.
using Neighbours = PeerMap<Neighbour>;

} // namespace p2plive::core
