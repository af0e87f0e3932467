// When to ask the tracker.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <optional>
#include <random>

namespace p2plive::core {

/// As often as the tracker wants it, sooner when there is something to say, and ever later while it
/// fails.
class AnnounceTimes {
public:
  void begin(Time now) { at_ = now; }
  bool begun() const { return at_ != Time::max(); }

  Time next() const { return at_; }
  /// The next one comes when this one has been answered, or an answer is no more to be expected.
  void made(Time now);
  /// `interval`: the tracker's wish; 0 when it has none.
  void answered(Time now, Duration interval, std::mt19937_64& random);
  void failed(Time now, std::optional<Duration> retry_after, std::mt19937_64& random);

  /// Something has changed that the tracker is to know soon, not before it wants to be asked.
  void sooner(Time now);
  /// The same, and it is urgent.
  void at_once(Time now);

private:
  Time at_ = Time::max();
  Time made_at_{};
  Time not_before_{}; ///< the tracker wants no announce before
  unsigned failures_ = 0;
};

} // namespace p2plive::core
