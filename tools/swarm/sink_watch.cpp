// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/sink_watch.h"

#include <algorithm>

namespace p2plive::bench {

namespace {

constexpr auto patience = std::chrono::milliseconds(200);
constexpr auto telling_interval = std::chrono::milliseconds(250);
constexpr std::size_t most_in_hand = 10'000; // more than any queue of the pipeline holds

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

void FramesInHand::demuxed(Instant at, std::chrono::nanoseconds pts) {
  frames_.push_back({pts, at});
  if (frames_.size() > most_in_hand)
    frames_.pop_front();
}

bool FramesInHand::shown(std::chrono::nanoseconds pts, Instant by) {
  auto found = std::find_if(frames_.begin(), frames_.end(),
                            [&](const Frame& frame) { return frame.pts == pts; });
  if (found == frames_.end())
    return false;
  frames_.erase(frames_.begin(), found + 1);
  return !frames_.empty() && frames_.front().demuxed <= by;
}

void SinkWatch::demuxed(std::chrono::nanoseconds pts) {
  auto at = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  in_hand_.demuxed(at, pts);
}

void SinkWatch::frame(std::optional<std::chrono::nanoseconds> pts,
                      std::chrono::nanoseconds duration) {
  auto at = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (!any_) {
    reporter_.tell(line_of("first-frame", at));
    any_ = true;
  }
  auto stall = stalls_.frame(at, duration);
  bool in_hand = pts && in_hand_.shown(*pts, stall ? stall->begun : at);
  if (stall) {
    stall->in_hand = in_hand;
    reporter_.tell(line_of(*stall));
  }
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
