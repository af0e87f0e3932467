// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/announce_times.h"

#include "core/backoff.h"

#include <algorithm>

namespace p2plive::core {

namespace {

constexpr Duration default_interval = 30s;
constexpr Duration least_interval = 1s;
constexpr Duration most_interval = 600s;
/// A tracker that wants to be asked less often than this has too much to do.
constexpr Duration longest_calm = 40s;
constexpr Duration answer_patience = 15s;
constexpr Duration retry_first = 1s;
constexpr Duration retry_most = 60s;
/// From one announce to one that is sooner than usual.
constexpr Duration ask_again = 10s;

} // namespace

void AnnounceTimes::made(Time now) {
  at_ = now + answer_patience;
  made_at_ = now;
  not_before_ = at_;
}

void AnnounceTimes::answered(Time now, Duration interval, std::mt19937_64& random) {
  failures_ = 0;
  interval = std::clamp<Duration>(interval > 0s ? interval : default_interval, least_interval,
                                  most_interval);
  at_ = now + jittered(interval, random);
  not_before_ = interval > longest_calm ? at_ : now;
}

void AnnounceTimes::failed(Time now, std::optional<Duration> retry_after, std::mt19937_64& random) {
  auto backoff = doubled(retry_first, failures_++, retry_most);
  auto wait = std::clamp<Duration>(retry_after.value_or(backoff), retry_first, most_interval);
  at_ = now + jittered(wait, random);
  not_before_ = at_;
}

void AnnounceTimes::sooner(Time now) {
  if (begun())
    at_ = std::min(at_, std::max({now, made_at_ + ask_again, not_before_}));
}

void AnnounceTimes::at_once(Time now) {
  at_ = std::min(at_, std::max(now, not_before_));
}

} // namespace p2plive::core
