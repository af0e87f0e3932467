// Says when a frame at the sink was shot: which segment it is of, and how far behind the segment's
// first frame.
//
// A demuxer changes timestamps, so they are followed through it: the first video timestamp of each
// segment is read out of the bytes that go in (ISO/IEC 13818-1 section 2.4.3.7), and the first
// frame that comes out after the start or a discontinuity ties the two clocks together.
//
// segment(), bytes() and demuxed() run on the streaming thread of the source, shown() on another.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <cstddef>
#include <deque>
#include <mutex>

namespace p2plive::bench {

/// The first 33-bit PTS of a video PES that begins in these whole TS packets.
std::optional<std::uint64_t> first_video_pts(const std::uint8_t* data, std::size_t size);

class FrameClock {
public:
  struct Position {
    MediaSequence sn = 0;
    std::chrono::nanoseconds offset{};
    std::optional<UnixTime> start;
  };

  /// A segment begins with the next bytes.
  void segment(MediaSequence sn, std::optional<UnixTime> start, bool discontinuity);
  void bytes(const std::uint8_t* data, std::size_t size);
  /// A video frame came out of the demuxer; `discontinuity`: it is marked as the first after one.
  void demuxed(std::chrono::nanoseconds pts, bool discontinuity);
  /// Where the frame with that timestamp stands; none: not known.
  std::optional<Position> shown(std::chrono::nanoseconds pts) const;

private:
  struct Entry {
    MediaSequence sn = 0;
    std::optional<UnixTime> start;
    std::chrono::nanoseconds first{}; ///< of its first frame, on the demuxer's clock
  };

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  // The segment whose first video timestamp is looked for, or that waits for the clocks to be tied.
  std::optional<Entry> pending_;
  std::optional<std::uint64_t> pending_pts_;
  bool tied_ = false, ever_tied_ = false;
  std::uint64_t anchor_pts_ = 0;           ///< on the stream's clock, 90 kHz
  std::chrono::nanoseconds anchor_time_{}; ///< the same on the demuxer's

  void place();
};

} // namespace p2plive::bench
