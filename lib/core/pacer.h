// Hands media out at the stream's own pace: a token bucket of media time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <optional>

namespace p2plive::core {

/// The credit grows by the larger of the monotonic clock's and the pipeline clock's advance, is
/// capped at the lead, and is lost while the consumer takes nothing; of this, it gets back what it
/// takes to have the lead downstream again. It may be overdrawn, by one chunk or more.
///
/// The lead fills the queues of a player, while it can be had. Less than that is needed: media are
/// late when less than the reserve would be left in these queues. What lies between the two is time
/// that viewers have to help each other. The reserve is nothing at the start and grows by a
/// twentieth of what is played, so that a newcomer can meet others before it needs more than its
/// first segment.
class Pacer {
public:
  /// A lead of nothing still lets each chunk out when its time has come.
  Pacer(Time now, Duration lead, Duration reserve)
      : lead_(std::max<Duration>(lead, 1ns)),
        full_reserve_(std::clamp<Duration>(reserve, 1ns, lead_)), credit_(lead_), last_(now) {}

  /// Time went on; nothing is earned while `blocked`: the consumer holds undelivered bytes.
  void advance(Time now, bool blocked);

  /// The pipeline's clock has advanced so far since it began to play; it stands still in a pause.
  void clock_advanced(Time now, Duration clock);

  /// It stands still since it was last told.
  void clock_stands(Time now);

  /// Was it ever told?
  bool has_clock() const { return clock_.has_value(); }

  /// From now on credit grows so many parts in a million faster: for a consumer that takes what it
  /// is given, and so has no pace but this.
  void lean(int ppm) { lean_ = ppm; }

  Duration lead() const { return lead_; }
  Duration reserve() const { return full_reserve_; } ///< once it has grown

  /// The clock stands, and what was handed out lasts for a while: so a player that was paused, and
  /// not one that stopped to fill its queues.
  bool paused() const {
    return stands_ && handed_out_ - *clock_ >= std::min<Duration>(lasts_a_while, lead_ / 2);
  }

  Duration reserve_so_far() const { return reserve_; }

  /// May the next bytes go out now?
  bool open() const { return credit_ > 0ns; }
  /// Has so much, or more, gone out beyond the lead?
  bool overdrawn(Duration beyond) const { return credit_ <= -beyond; }
  /// Should they have gone out?
  bool overdue() const { return credit_ >= lead_ - reserve_; }
  void spend(Duration media) {
    credit_ -= media;
    handed_out_ += media;
  }

  /// What is handed out next is played no earlier than the pipeline's clock stands.
  void begin_anew(Time now);

  /// Media handed out that the consumer has not played yet: what the pipeline's clock has left of
  /// it (in a pause, queues take in more than the lead); without one, the pacer's own account.
  Duration downstream(Time now) const;
  /// The same of a consumer that nothing is held back from: it may have more than the lead.
  Duration downstream_unpaced(Time now) const {
    return clock_ ? downstream(now) : std::max<Duration>(lead_ - credit_, 0ns);
  }

  /// When media that lie `ahead` of the next byte to be handed out may go out.
  Time opens(Time now, Duration ahead) const;
  /// When they should have gone out, at the latest.
  Time due(Time now, Duration ahead) const;

private:
  /// More than a player has left that stops to fill its queues, less than a pause finds in them.
  static constexpr Duration lasts_a_while = 750ms;

  Duration lead_;
  Duration full_reserve_;
  Duration reserve_{};
  Duration credit_;
  Duration handed_out_{}; ///< since the start
  Time last_;
  Duration monotonic_{}; ///< advanced since the start
  std::optional<Duration>
      offset_; ///< monotonic - pipeline clock, where the latter began or was set back
  std::optional<Duration> clock_; ///< of the pipeline, as last told
  Time clock_at_{};               ///< when that was
  bool stands_ = false;           ///< since then
  int lean_ = 0;                  ///< parts in a million
  Duration lost_{};               ///< not earned while the consumer was blocked; `lead` at most
  Duration granted_beyond_{};     ///< earned because the pipeline's clock runs faster
};

} // namespace p2plive::core
