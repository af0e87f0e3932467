// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/pacer.h"

#include <algorithm>

namespace p2plive::core {

namespace {
/// A pipeline clock that has fallen so far behind was paused, or runs slower: it is followed from
/// where it is now. Back-pressure takes care of the slower clock.
constexpr Duration realign_after = 500ms;
/// The lead sinks by one part in so many of the time: from 3 s to 1 s within 70 s.
constexpr int sinking = 35;
} // namespace

void Pacer::advance(Time now, bool blocked) {
  auto step = now - last_;
  last_ = now;
  monotonic_ += step;
  if (blocked) {
    lost_ = std::min(lead_, lost_ + step);
    return;
  }
  if (sinks()) {
    auto sunk = std::min(step / sinking, lead_ - settled_);
    lead_ -= sunk;
    credit_ -= sunk;
  }
  credit_ = std::max(credit_, std::min(lead_, credit_ + step + step * lean_ / 1'000'000));
}

void Pacer::clock_advanced(Time now, Duration clock) {
  clock_ = clock;
  clock_at_ = now;
  stands_ = false;
  // A machine that stood still for a while played on, though its consumer took nothing.
  auto back = std::clamp(lead_ - (handed_out_ - clock) - std::max<Duration>(credit_, 0ns),
                         Duration{}, lost_);
  lost_ -= back;
  credit_ = std::max(credit_, std::min(lead_, credit_ + back));
  if (!offset_ || monotonic_ - (clock + *offset_) > realign_after) {
    offset_ = monotonic_ - clock;
    granted_beyond_ = 0ns;
    return;
  }
  auto beyond = clock + *offset_ - monotonic_;
  if (beyond > granted_beyond_) {
    credit_ = std::min(std::max(lead_, credit_), credit_ + (beyond - granted_beyond_));
    granted_beyond_ = beyond;
  }
}

void Pacer::clock_stands(Time now) {
  if (!clock_)
    return;
  clock_at_ = now;
  stands_ = true;
}

void Pacer::begin_anew(Time now) {
  if (clock_)
    handed_out_ = std::max(handed_out_, *clock_ + (now - clock_at_));
}

Duration Pacer::downstream(Time now) const {
  if (!clock_)
    return lead_ - std::max<Duration>(credit_, 0ns);
  return std::max<Duration>(handed_out_ - *clock_ - (now - clock_at_), 0ns);
}

/// As advance() will have it, or a moment later: who looks too early has to look again.
Time Pacer::opens_at(Time now) const {
  if (open())
    return now;
  auto missing = 1ns - credit_;
  if (sinks())
    missing += std::min(missing / (sinking - 1), lead_ - settled_);
  // What leaning takes away of the wait it takes away of that, too; and so does sinking.
  auto leaning = -missing / 1'000 * lean_ / 1'000;
  return now + missing + leaning + leaning / (sinking - 1) + 5us;
}

Time Pacer::due(Time now, Duration ahead) const {
  return now + std::max(0ns, ahead - credit_);
}

} // namespace p2plive::core
