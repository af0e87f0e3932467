// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/pacer.h"

#include <algorithm>

namespace p2plive::core {

namespace {
/// A pipeline clock that has fallen so far behind was paused, or runs slower: it is followed from
/// where it is now. Back-pressure takes care of the slower clock.
constexpr Duration realign_after = 500ms;
/// The reserve grows by one part in so many of the time.
constexpr int growing = 20;
} // namespace

void Pacer::advance(Time now, bool blocked) {
  auto step = now - last_;
  last_ = now;
  monotonic_ += step;
  if (blocked) {
    lost_ = std::min(lead_, lost_ + step);
    return;
  }
  if (handed_out_ > 0ns && !stands_)
    reserve_ = std::min(full_reserve_, reserve_ + step / growing);
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
Time Pacer::opens(Time now, Duration ahead) const {
  auto wait = ahead - credit_;
  if (wait <= 0ns)
    return now;
  auto leaning = -wait / 1'000 * lean_ / 1'000;
  return now + wait + leaning + 5us;
}

Time Pacer::due(Time now, Duration ahead) const {
  return opens(now, ahead + lead_ - reserve_);
}

} // namespace p2plive::core
