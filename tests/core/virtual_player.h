// A player that takes what a VirtualCdn's viewer hands out, and shows it by a clock of its own.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "virtual_cdn.h"

namespace p2plive::test {

/// Its queues take what is played within `room`. It plays from the first byte on.
struct VirtualPlayer {
  explicit VirtualPlayer(VirtualCdn& cdn, Duration room = 5s) : room(room), cdn_(cdn) {
    cdn.takes = false;
  }

  Duration room;
  int ppm = 0;                ///< parts in a million by which its clock runs fast
  bool plays = true;          ///< or is paused: its clock stands, its queues fill
  bool takes_at_once = false; ///< it has no clock, and no queue that is ever full
  unsigned breaks = 0;        ///< discontinuities but for the first
  Duration skipped{};         ///< media left out at them

  void run_for(Duration time) {
    for (auto end = cdn_.now + time; cdn_.now < end;)
      step();
  }

  void step() {
    if (begun_ && plays)
      clock_ += cdn_.step + cdn_.step / 1'000'000 * ppm;
    cdn_.run_for(cdn_.step);
    for (; seen_ < cdn_.delivered.size() && (takes_at_once || ahead() < room); ++seen_)
      take(cdn_.delivered[seen_]);
  }

  /// Media that it has and has not shown; below zero while it has nothing to show.
  Duration ahead() const { return handed_ - clock_; }

  /// From the encoder to what it shows, and to what it has taken.
  Duration delay() const { return age() + std::max(ahead(), Duration{}); }
  Duration age() const {
    const auto& last = cdn_.delivered[seen_ - 1];
    auto begin = VirtualCdn::segment * static_cast<int>(number(last.sn) - cdn_.first_number);
    auto share =
        static_cast<double>(last.offset + last.size) / static_cast<double>(last.segment_size);
    auto end = begin + std::chrono::duration_cast<Duration>(VirtualCdn::segment * share);
    return cdn_.made() - end;
  }

private:
  void take(const Deliver& next) {
    breaks += next.discontinuity && begun_;
    skipped += next.skipped;
    begun_ = true;
    if (next.discontinuity)
      handed_ = std::max(handed_, clock_); // as a new GstSegment begins
    handed_ += next.duration;
    if (!takes_at_once)
      cdn_.swarm.taken(cdn_.now, next.size, plays ? std::optional(clock_) : std::nullopt);
  }

  VirtualCdn& cdn_;
  std::size_t seen_ = 0;
  Duration handed_{}, clock_{};
  bool begun_ = false;
};

} // namespace p2plive::test
