// Hands media out at the stream's own pace: a token bucket of media time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <optional>

namespace p2plive::core {

/// The credit grows by the larger of the monotonic clock's and the pipeline clock's advance, is
/// capped at the lead, and is lost while the consumer takes nothing; of this, it gets back what it
/// takes to have the lead downstream again. It may be overdrawn by one chunk.
///
/// The lead fills the queues of a player that is about to start. Afterwards it need not be so
/// large, and what lies in queues is time that viewers do not have to help each other: once it has
/// gone out, it sinks to `settled` by handing out a little slower.
class Pacer {
public:
  /// A lead of nothing still lets each chunk out when its time has come.
  Pacer(Time now, Duration lead, Duration settled)
      : lead_(std::max<Duration>(lead, 1ns)), settled_(std::clamp<Duration>(settled, 1ns, lead_)),
        credit_(lead_), last_(now) {}

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

  Duration lead() const { return lead_; } ///< as it is now

  /// The clock stands, and what was handed out lasts for a while: so a player that was paused, and
  /// not one that stopped to fill its queues.
  bool paused() const { return stands_ && handed_out_ - *clock_ >= lead_ / 2; }

  /// May the next bytes go out now?
  bool open() const { return credit_ > 0ns; }
  /// When time alone opens it; `now` is the time last told.
  Time opens_at(Time now) const;
  void spend(Duration media) {
    credit_ -= media;
    handed_out_ += media;
  }

  /// What is handed out next is played no earlier than the pipeline's clock stands.
  void begin_anew(Time now);

  /// Media handed out that the consumer has not played yet: what the pipeline's clock has left of
  /// it (in a pause, queues take in more than the lead); without one, the pacer's own account.
  Duration downstream(Time now) const;

  /// When media that lie `ahead` of the next byte to be handed out will be due.
  Time due(Time now, Duration ahead) const;

private:
  bool sinks() const { return handed_out_ >= lead_ && lead_ > settled_ && !stands_; }

  Duration lead_;
  Duration settled_;
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
