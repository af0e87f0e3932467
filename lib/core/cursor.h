// A reader of the window with a point of play of its own: where it stands, when the next bytes are
// due, when it has fallen behind.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/pacer.h"
#include "core/settings.h"
#include "core/store.h"
#include "core/timeline.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace p2plive::core {

/// Reads, never changes, timeline and store. The bytes that it hands out are whole chunks, in
/// order.
class Cursor {
public:
  Cursor(Time now, const Settings& settings);

  /// Chooses the first segment, once there is a listing: the oldest one that will be at most
  /// live-delay old at the sink, give or take a quarter of a target duration; where a place to
  /// begin is set, the one that it lies in. `offered`, the playlist's, counts when it is further
  /// from live than that: playback too near to it has no window. The distance to live that it
  /// begins with is kept in place of live-delay.
  void start(Time now, const Timeline& timeline, std::optional<Duration> offered);
  bool started() const { return place_.has_value(); }

  // cursor_seam.cpp: from one reader to another, of the same media in another quality.
  /// Of one that stands by: it begins with `sn` as soon as that is listed, but hands out nothing
  /// before take_over(), which is expected at `due`.
  void start_with(SequenceNumber sn, Time due);
  /// Nothing goes out from there on. None: as usual again.
  void end_before(std::optional<SequenceNumber> sn) { end_ = sn; }
  const std::optional<SequenceNumber>& end() const { return end_; }
  /// Everything before end() has gone out.
  bool at_seam(const Store& store) const;
  /// The first segment that another quality may begin with: nothing of it has gone out and it is
  /// not whole.
  SequenceNumber first_open(const Timeline& timeline, const Store& store) const;
  /// Goes on for the same consumer from where `other` has ended: what that has not taken or played
  /// yet counts on.
  void take_over(Time now, const Cursor& other);
  /// Media that are here and that the consumer has not played yet.
  Duration ahead(Time now, const Timeline& timeline, const Store& store) const {
    auto downstream = paced_ ? pacer_.downstream(now) : pacer_.downstream_unpaced(now);
    return downstream + playable(timeline, store);
  }
  /// By when `position` has to go out, so that playback goes on: due(), but where nothing is held
  /// back the consumer has media until then.
  Time needed(Time now, Position here, Position position) const;

  /// Where the next byte is taken from.
  struct Place {
    SequenceNumber sn{};
    std::uint32_t chunk = 0;
    Version version{};            ///< of the segment, once its first chunk has gone out
    std::uint32_t init_chunk = 0; ///< of the init section that goes out before the first chunk
    Version init_version{};       ///< of that, once its first chunk has gone out
    bool operator==(const Place&) const = default;
  };
  const std::optional<Place>& place() const { return place_; }
  Position position(const Timeline& timeline, const Store& store) const;

  /// When the byte at `position` has to be handed out at the latest, with the next one being at
  /// `here`. `now` is the time last told to advance().
  Time due(Time now, Position here, Position position) const {
    if (!paced_)
      return now + (position - here);
    // While it waits to begin the credit for the lead is earned anew.
    auto after_reserve = std::max<Duration>(position - here - pacer_.reserve(), 0ns);
    return std::max(pacer_.due(now, position - here), begin_at_ + after_reserve);
  }

  /// When time alone lets the next chunk out, or makes it late; none while it is late, and while it
  /// waits for the consumer.
  std::optional<Time> next_due(Time now) const;

  /// The next chunk, when it is here, its time has come and the consumer is not blocked.
  std::optional<Deliver> take(Time now, const Timeline& timeline, const Store& store);
  /// The bytes that are due are not here.
  bool starving(Time now, const Timeline& timeline, const Store& store) const;
  /// Everything that will ever be listed has gone out.
  bool at_end(const Timeline& timeline, const Store& store) const;

  /// The consumer took bytes that had gone out; `clock` as Swarm::taken has it.
  void taken(Time now, std::size_t bytes, std::optional<Duration> clock);
  void advance(Time now, const Timeline& timeline, const Store& store);
  /// The consumer has so much untaken that it gets no more for now.
  bool blocked() const;
  /// For so long that it cannot be playing.
  bool paused(Time now) const;

  /// The window does not continue what went out (a new epoch, another version, a hole): start anew
  /// at the same distance to live, but no further from it than live-delay.
  void break_off(Time now, const Timeline& timeline);
  /// There is no segment `gone`, which others had told of; or it is another one by now.
  void step_back(SequenceNumber gone, const Timeline& timeline, const Store& store);
  /// A segment that cannot be had is left out.
  void skip_segment(const Timeline& timeline);
  /// The init section that has to go out next and is not here; null: there is none.
  const StoredSegment* lacks_init(const Timeline& timeline, const Store& store) const;
  /// The segments that need the same init section as the next one are left out, in their own time:
  /// those after them begin at the usual distance to live. False: there are none yet.
  bool skip_init(Time now, const Timeline& timeline);

  /// Of a segment all bytes are due with the first.
  bool gives_whole() const { return gives_whole_; }
  /// The distance from live that is kept, at the sink.
  Duration live_delay() const { return live_delay_; }
  /// Media that have to be handed out ahead of their time.
  Duration reserve() const { return pacer_.reserve(); }
  Duration reserve_so_far() const { return pacer_.reserve_so_far(); } ///< it grows to that
  /// Contiguous media after the hand-out position.
  Duration playable(const Timeline& timeline, const Store& store) const;
  /// Distance from the live edge to what the sink shows.
  Duration delay(Time now, const Timeline& timeline, const Store& store) const;

private:
  const TimelineEntry* choose(Position wanted, const Timeline& timeline) const;
  void begin_with(Time now, const TimelineEntry& entry, const Timeline& timeline);
  void settle(const Timeline& timeline, const Store& store);
  /// Bytes of another version were handed out of the segment that it stands in.
  bool replaced(const Store& store) const;
  bool behind_last_chunk(const Store& store) const;
  void stand_at_start(const Timeline& timeline);
  bool catch_up(Time now, const Timeline& timeline, const Store& store);
  const StoredSegment* init_due(const TimelineEntry& entry, const Store& store) const;
  bool is_here(const TimelineEntry& entry, const Store& store) const;
  Deliver next_bytes(const TimelineEntry& entry, const Store& store);
  void hold_back(Time now, const Timeline& timeline, const Store& store);
  void follow_encoder(Time now, const Timeline& timeline, const Store& store);
  void follow_due(Time now);
  bool is_open(Time now);

  Duration usual_delay_;                 ///< as it was set
  Duration live_delay_;                  ///< as it is kept
  std::optional<Duration> start_offset_; ///< as it was set
  bool paced_;
  Duration together_;    ///< handed out together at least
  Duration beyond_;      ///< and so much beyond the lead, to have more together
  bool goes_on_ = false; ///< more of what is handed out together may follow
  std::size_t most_outstanding_;
  Duration most_outstanding_media_;
  bool skips_;
  bool traces_;
  Pacer pacer_;
  std::optional<Place> place_;
  std::optional<ObjectName> given_init_; ///< the init section that has gone out last
  Time begin_at_{};                      ///< nothing goes out before
  struct Untaken {
    std::size_t bytes = 0;
    Duration media{};
  };
  std::vector<Untaken> untaken_; ///< handed out and not taken, in order
  std::size_t outstanding_ = 0;  ///< bytes handed out and not taken
  Duration outstanding_media_{}; ///< and the media in them
  Time progress_at_{};           ///< some were taken, or the first handed out
  bool broken_ = true;           ///< the next bytes do not continue the last
  bool new_line_ = true;         ///< nor the line of time that they are on
  Duration skipped_{};
  Duration begun_with_{}; ///< the delay, after the last break
  bool held_ = false;     ///< begin_at_ is there to have a window again
  Time due_at_{};         ///< of the next bytes; only where it traces
  bool begun_ = false;    ///< the first bytes have gone out
  bool gives_whole_;
  bool stands_by_;
  std::optional<SequenceNumber> begin_; ///< start_with()
  std::optional<SequenceNumber> end_;   ///< end_before()
};

} // namespace p2plive::core
