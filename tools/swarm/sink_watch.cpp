// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/sink_watch.h"

namespace p2plive::bench {

namespace {

constexpr auto patience = std::chrono::milliseconds(200);
constexpr auto telling_interval = std::chrono::milliseconds(250);

} // namespace

std::optional<Stall> StallDetector::frame(Instant at, std::chrono::nanoseconds duration) {
  auto stall = ongoing(at);
  last_ = at;
  duration_ = duration;
  return stall;
}

std::optional<Stall> StallDetector::ongoing(Instant now) const {
  if (!last_ || now - *last_ <= duration_ + patience)
    return std::nullopt;
  return Stall{*last_ + duration_, now - *last_ - duration_};
}

void SinkWatch::frame(std::optional<std::chrono::nanoseconds> pts,
                      std::chrono::nanoseconds duration) {
  auto at = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (!any_) {
    reporter_.tell(line_of("first-frame", at));
    any_ = true;
  }
  if (auto stall = stalls_.frame(at, duration))
    reporter_.tell(line_of(*stall));
  if (!pts || at - told_ < telling_interval)
    return;
  auto position = clock_.shown(*pts);
  if (!position)
    return;
  told_ = at;
  reporter_.tell(line_of(ShownFrame{at, UnixTime(std::chrono::system_clock::now()), position->sn,
                                    position->offset, position->start}));
}

void SinkWatch::fill(Sample& sample) const {
  std::lock_guard lock(mutex_);
  if (auto stall = stalls_.ongoing(sample.at))
    sample.stalled = stall->length;
}

void SinkWatch::finish() {
  std::lock_guard lock(mutex_);
  if (auto stall = stalls_.ongoing(std::chrono::steady_clock::now()))
    reporter_.tell(line_of(*stall));
}

} // namespace p2plive::bench
