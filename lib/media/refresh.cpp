// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/refresh.h"

#include <algorithm>

namespace p2plive::media {

namespace {

/// After the moment at which a segment is expected to be listed: up to twice this.
constexpr RefreshSchedule::Duration expectation_margin = std::chrono::milliseconds(80);
/// A lag that was a single hiccup is forgotten by so much a load.
constexpr RefreshSchedule::Duration lag_decay = std::chrono::milliseconds(5);

RefreshSchedule::Duration lengthened(RefreshSchedule::Duration wait, double jitter) {
  auto share = std::clamp(jitter, 0.0, 1.0) * RefreshSchedule::jitter_share;
  return wait + std::chrono::duration_cast<RefreshSchedule::Duration>(wait * share);
}

} // namespace

void RefreshSchedule::began(Instant now) {
  if (state_ == State::ended)
    return;
  state_ = State::loading;
  began_ = now;
}

void RefreshSchedule::loaded(bool changed, Duration target_duration, double jitter) {
  if (state_ != State::loading)
    return;
  state_ = State::waiting;
  failures_ = 0;
  target_ = std::max(target_duration, 2 * min_interval);
  bool for_hint = hinted_;
  bool hint_again = hint_pending_ && !changed;
  hinted_ = hint_pending_ = false;
  idle_hints_ = changed ? 0 : idle_hints_ + for_hint;
  changed_ = changed;
  spread_ = expectation_margin +
            std::chrono::duration_cast<Duration>(expectation_margin * std::clamp(jitter, 0.0, 1.0));
  next_ = began_ + lengthened(changed ? target_ : target_ / 2, jitter);
  if (hint_again)
    hint(began_);
}

void RefreshSchedule::expect_next(Duration age, Duration segment) {
  if (state_ != State::waiting || hinted_ || age < Duration{} || age > 3 * target_)
    return;
  if (!changed_) {
    listing_lag_ = std::clamp<Duration>(age - segment, listing_lag_, target_);
    return;
  }
  listing_lag_ = std::max(listing_lag_ - lag_decay, Duration{});
  auto expected = began_ + segment - age + listing_lag_ + spread_;
  next_ = std::clamp(expected, began_ + target_ / 2, began_ + target_ * 3 / 2);
}

void RefreshSchedule::failed(Instant now, double jitter) {
  if (state_ != State::loading)
    return;
  state_ = State::waiting;
  hinted_ = hint_pending_ = false;
  // 2^10 first retries are longer than most target durations; more doublings could overflow.
  auto wait =
      std::min(first_retry * (1 << std::min(failures_, 10u)), std::max(target_, first_retry));
  ++failures_;
  next_ = std::max(now + lengthened(wait, jitter), began_ + min_interval);
}

void RefreshSchedule::put_off(Instant until) {
  if (state_ == State::waiting)
    next_ = until;
}

void RefreshSchedule::ended() {
  state_ = State::ended;
}

void RefreshSchedule::hint(Instant now) {
  if (state_ == State::loading)
    hint_pending_ = true;
  if (state_ != State::waiting || failures_ > 0 || next_ == Instant::min())
    return;
  next_ = std::min(next_, std::max(now, began_ + hint_interval()));
  hinted_ = true;
}

std::optional<RefreshSchedule::Instant> RefreshSchedule::next() const {
  if (state_ != State::waiting)
    return std::nullopt;
  return next_;
}

RefreshSchedule::Duration RefreshSchedule::hint_interval() const {
  return std::min<Duration>(min_interval * (1 << std::min(idle_hints_, 10u)), target_ / 2);
}

} // namespace p2plive::media
