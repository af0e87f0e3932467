// Where the bytes of a live stream stand in a GStreamer TIME segment.
// Used on the streaming thread only. All times are nanoseconds.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

namespace p2plive::gst {

/// Places buffers on one line of media time, which begins at 0 with the first timestamp of the
/// session, and says when that line breaks and a new segment has to be announced.
class MediaTime {
public:
  using Time = std::chrono::nanoseconds;

  /// What a GstSegment needs: timestamp `start` plays at running time `base`, and is media time
  /// `time`. For fragmented MP4 timestamps are the stream's own, for all else they are running
  /// time, which is media time up to the first break.
  struct Segment {
    Time start{};
    Time base{};
    Time time{};
  };

  struct Place {
    Time pts{};
    std::optional<Segment> segment; ///< announce it before the buffer
    Time running{};                 ///< running time of `pts`
    Time stream{};                  ///< stream time of `pts`
    /// Of an init section: a box that says nothing comes first. Behind a new segment qtdemux counts
    /// bytes from zero, and leaves out what stands where the init section before it stood.
    bool padded = false;
  };

  /// A timestamp this far from where the durations before it lead is a jump, not drift.
  static constexpr Time tolerance = std::chrono::milliseconds(500);

  /// What begins so much behind the clock would be late in every sink, and all that follows: after
  /// a stall that nothing was left out for, playback goes on from where the clock is.
  static constexpr Time latest = std::chrono::milliseconds(200);

  /// The place of the next buffer. `clock` is the running time of the element's pad while it plays:
  /// where a new segment begins, it begins no earlier than that, or every later frame would come
  /// too late.
  Place place(const Buffer& buffer, std::optional<Time> clock);

  /// Of the end of what was placed.
  Time running_time() const { return segment_.base + (position_ - segment_.start); }

private:
  std::optional<Segment> locate(const Buffer& buffer, std::optional<Time> clock);

  bool begun_ = false;
  std::optional<Time> origin_; ///< the timestamp that is media time 0
  Time position_{};            ///< media time after the last buffer
  Segment segment_;
  bool pads_ = false; ///< the next init section
  Format format_{};   ///< of the last buffer
};

} // namespace p2plive::gst
