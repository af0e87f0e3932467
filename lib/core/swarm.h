// A viewer's part in one RID: told what happened, it says what to do. Performs no I/O, reads no
// clock, starts no thread; the same calls with the same times give the same actions.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "core/settings.h"
#include "core/statistics.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::core {

/// Pieces are held back while a connection holds this many bytes or more.
inline constexpr std::size_t send_low_mark = 48 * 1024;

/// All calls come from one thread, with times that never fall. After each call, or a batch of them,
/// the owner carries out take_actions() in order and calls advance() at next_wakeup().
class Swarm {
public:
  Swarm(Time now, Settings settings);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  /// The viewer's own playlist was refreshed. `wall` is the wall clock's time at `now`.
  void listed(Time now, WallTime wall, const Listing& listing);
  /// The playlist is due to be refreshed, and that by no RefreshPlaylist: until when it is left to
  /// other viewers to tell what is new. To be asked again then, and as long as the answer is a
  /// time; none: refresh it now.
  std::optional<Time> poll_left_until(Time now);

  /// A Fetch is being answered: head, then data in order, then done or failed. An answer that is
  /// not the range asked for says so in its head; a failure without a head is fine.
  void fetch_answered(Time now, FetchId id, const FetchHead& head);
  void fetch_data(Time now, FetchId id, std::span<const std::uint8_t> bytes);
  void fetch_done(Time now, FetchId id);
  void fetch_failed(Time now, FetchId id, const FetchError& error);

  /// The CPS told the RID: from now on there may be peers. Emits the first Announce.
  void joined(Time now, Rid rid);
  void tracker_answered(Time now, const TrackerAnswer& answer);
  /// `retry_after` is the tracker's own wish, if it had one.
  void tracker_failed(Time now, std::optional<Duration> retry_after);

  /// Another viewer offers a connection: true to answer it, false to refuse. When true, peer_opened
  /// or peer_closed or peer_unreachable follows. An offer that crosses our own to the same viewer
  /// is settled by the ids: the lower id is the offerer, so true means that our own offer is to be
  /// given up.
  bool offer_arrived(Time now, const PeerId& peer);
  void peer_opened(Time now, const PeerId& peer);
  /// One data channel message, whole.
  void peer_message(Time now, const PeerId& peer, std::span<const std::uint8_t> message);
  /// That is about to be called, for this viewer and then others: the processor may fetch what it
  /// will need, in steps from 0 on, each for several of them before the next. May be left out.
  void prepare_message(const PeerId& peer, unsigned step) const;
  /// Bytes given to Send that have not left yet. Told after each batch of Sends to this peer, and
  /// again when they fall under send_low_mark, and when nothing is left.
  void peer_buffered(Time now, const PeerId& peer, std::size_t bytes);
  void peer_closed(Time now, const PeerId& peer);
  /// An attempt in which each side heard from the other through the broker found no path.
  void peer_unreachable(Time now, const PeerId& peer);

  /// The application took `bytes` delivered bytes. `clock` is how far the pipeline's clock has
  /// advanced since the first call while playing, where there is one (conventions.md, Pacing); none
  /// after that: it stands still, in a pause.
  void taken(Time now, std::size_t bytes, std::optional<Duration> clock);

  /// Bytes a second; none: no limit; 0: never.
  void set_upload_limit(Time now, std::optional<std::uint64_t> limit);
  void set_max_peers(unsigned peers);
  /// What the viewer's way to the CDN carries, bytes a second; none: not known.
  void set_link(std::optional<double> carries);

  /// Time has passed.
  void advance(Time now);
  Time next_wakeup() const;

  // Another quality of the stream is another swarm. Playback goes from one to the other at a seam,
  // a place where a segment begins in both; each has numbers of its own. The numbers here are this
  // swarm's (swarm_seam.cpp).
  /// The first segment that the other quality may begin with. At once: the first of which nothing
  /// has gone out and that is not whole; else the first that is not listed yet. None: nothing
  /// plays, or the stream has ended.
  std::optional<SequenceNumber> seam(bool at_once) const;
  /// Hands out nothing from `sn` on, and fetches nothing of it; none: as usual again.
  void end_before(Time now, std::optional<SequenceNumber> sn);
  /// Where that is: none when it was never said, or the numbers have become others.
  std::optional<SequenceNumber> end() const;
  /// By when playback will need what is there.
  Time end_due(Time now) const;
  /// Everything before it has gone out.
  bool at_seam() const;
  /// With Settings::stands_by: where to begin, and when that is expected.
  void begin_with(Time now, SequenceNumber sn, Time due);
  /// That is listed.
  bool stands_ready() const;
  /// Hands out from now on, to the consumer that `other` had, which is at its seam. So what is late
  /// by then is not late any more there, but here.
  void take_over(Time now, Swarm& other);

  /// Says bye to all peers and to the tracker; only actions are taken afterwards.
  void leave(Time now);

  std::vector<Action> take_actions();
  Statistics statistics() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace p2plive::core
