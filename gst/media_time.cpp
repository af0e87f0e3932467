// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media_time.h"

#include <algorithm>
#include <utility>

namespace p2plive::gst {

MediaTime::Place MediaTime::place(const Buffer& buffer, std::optional<Time> clock) {
  auto segment = locate(buffer, clock);
  // qtdemux gives out the decode times of fragments as they stand, whatever its buffers say.
  // tsdemux never announces another segment than its first (GStreamer 1.22): behind a break its
  // pictures are in time only where timestamps are running time.
  const auto shift = buffer.format == Format::fmp4 ? origin_.value_or(Time::zero())
                                                   : segment_.base - segment_.start;
  if (segment)
    segment->start += shift;
  Place place{position_ + shift, segment, running_time(), position_};
  position_ += buffer.duration;
  return place;
}

std::optional<MediaTime::Segment> MediaTime::locate(const Buffer& buffer,
                                                    std::optional<Time> clock) {
  const bool other = begun_ && format_ != buffer.format;
  // Behind a new segment qtdemux counts bytes from zero, and leaves out an init section that stands
  // where the one before it stood. So it comes first, still in the old one.
  if (begun_ && !other && buffer.init_section) {
    breaks_ |= buffer.discontinuity;
    return {};
  }
  // What EXTINF says stands until a timestamp says better.
  Time media = position_;
  bool moved = false; // what timestamps are counted from
  bool late = false;
  if (buffer.timestamp) {
    if (!origin_) {
      origin_ = *buffer.timestamp - position_;
      moved = buffer.format == Format::fmp4;
    }
    media = *buffer.timestamp - *origin_;
    // A restarted encoder may count from before our beginning; there are no times below 0.
    if (media < Time::zero()) {
      origin_ = *buffer.timestamp - position_;
      media = position_;
      moved = true;
    }
    late = clock && *clock - running_time() > latest;
  }

  const bool first = !begun_;
  begun_ = true;
  const bool jump = media - position_ > tolerance || position_ - media > tolerance;
  const bool breaks = std::exchange(breaks_, false) || buffer.discontinuity;
  format_ = buffer.format;
  if (!first && !jump && !moved && !late && !other && !breaks) {
    position_ = media;
    return {};
  }

  const Time base = std::max(running_time(), clock.value_or(Time::zero()));
  position_ = media;
  segment_ = {media, base, media};
  return segment_;
}

} // namespace p2plive::gst
