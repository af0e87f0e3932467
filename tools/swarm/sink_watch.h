// Watches the frames at the sink: the first, stalls, and some of them for the delay.
//
// frame() runs on the sink's thread, the others on any.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/frame_clock.h"
#include "swarm/reporter.h"

#include <deque>
#include <mutex>

namespace p2plive::bench {

/// Finds stalls in a row of frames: no frame for 200 ms more than a frame's duration.
class StallDetector {
public:
  /// A frame was shown; the stall that it ended, if it did.
  std::optional<Stall> frame(Instant at, std::chrono::nanoseconds duration);
  /// The stall that goes on at `now`, if one does.
  std::optional<Stall> ongoing(Instant now) const;

private:
  std::optional<Instant> last_;
  std::chrono::nanoseconds duration_{};
};

/// Which frames were there when: those on the way from the demuxer to the sink.
class FramesInHand {
public:
  void demuxed(Instant at, std::chrono::nanoseconds pts);
  /// The frame is shown: had it and the next, with which alone a parser lets it go, been demuxed by
  /// then? Forgets it, and all before it.
  bool shown(std::chrono::nanoseconds pts, Instant by);

private:
  struct Frame {
    std::chrono::nanoseconds pts;
    Instant demuxed;
  };
  std::deque<Frame> frames_;
};

class SinkWatch {
public:
  SinkWatch(Reporter& reporter, const FrameClock& clock) : reporter_(reporter), clock_(clock) {}

  /// A frame came out of the demuxer, on its thread.
  void demuxed(std::chrono::nanoseconds pts);
  /// `pts` on the demuxer's clock.
  void frame(std::optional<std::chrono::nanoseconds> pts, std::chrono::nanoseconds duration);
  void fill(Sample& sample) const;
  void finish();

private:
  Reporter& reporter_;
  const FrameClock& clock_;
  mutable std::mutex mutex_;
  StallDetector stalls_;
  FramesInHand in_hand_;
  bool any_ = false;
  Instant told_; ///< when a frame was told last
};

} // namespace p2plive::bench
