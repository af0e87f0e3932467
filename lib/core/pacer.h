// Hands media out at the stream's own pace: a token bucket of media time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <algorithm>
#include <optional>

namespace p2plive::core {

/// The credit grows by the larger of the monotonic clock's and the pipeline clock's advance, is
/// capped at `lead`, and is lost while the consumer takes nothing. It may be overdrawn by one
/// chunk.
class Pacer {
public:
  /// A lead of nothing still lets each chunk out when its time has come.
  Pacer(Time now, Duration lead)
      : lead_(std::max<Duration>(lead, 1ns)), credit_(lead_), last_(now) {}

  /// Time went on; nothing is earned while `blocked`: the consumer holds undelivered bytes.
  void advance(Time now, bool blocked);

  /// The pipeline's clock has advanced so far since it began to play.
  void clock_advanced(Duration clock);

  /// May the next bytes go out now?
  bool open() const { return credit_ > 0ns; }
  void spend(Duration media) { credit_ -= media; }

  /// Media handed out that the consumer has not played yet, by the pacer's own account.
  Duration downstream() const { return lead_ - std::max<Duration>(credit_, 0ns); }

  /// When media that lie `ahead` of the next byte to be handed out will be due.
  Time due(Time now, Duration ahead) const;

private:
  Duration lead_;
  Duration credit_;
  Time last_;
  Duration monotonic_{}; ///< advanced since the start
  std::optional<Duration>
      offset_; ///< monotonic - pipeline clock, where the latter began or was set back
  Duration granted_beyond_{}; ///< earned because the pipeline's clock runs faster
};

} // namespace p2plive::core
