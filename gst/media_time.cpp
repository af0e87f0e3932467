// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media_time.h"

#include <algorithm>
#include <utility>

namespace p2plive::gst {
namespace {

bool begins_init(const Buffer& buffer) {
  return buffer.init_section && buffer.offset == 0;
}

} // namespace

MediaTime::Place MediaTime::place(const Buffer& buffer, std::optional<Time> clock) {
  auto segment = locate(buffer, clock);
  // qtdemux gives out the decode times of fragments as they stand, whatever its buffers say.
  // tsdemux never announces another segment than its first (GStreamer 1.22): behind a break its
  // pictures are in time only where timestamps are running time.
  const auto shift = buffer.format == Format::fmp4 ? origin_.value_or(Time::zero())
                                                   : segment_.base - segment_.start;
  if (segment)
    segment->start += shift;
  Place place{position_ + shift, segment, running_time(), position_, false};
  if (begins_init(buffer))
    place.padded = std::exchange(pads_, !pads_);
  position_ += buffer.duration;
  return place;
}

std::optional<MediaTime::Segment> MediaTime::locate(const Buffer& buffer,
                                                    std::optional<Time> clock) {
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
  // Behind an init section qtdemux sends its segment once more, and multiqueue takes where that
  // begins for the position: playbin3 then waits for its queues to hold what lies between.
  const bool breaks = buffer.discontinuity || begins_init(buffer);
  const bool other = std::exchange(format_, buffer.format) != buffer.format;
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
