// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/reckoning.h"

#include <chrono>

namespace p2plive::media {

namespace {

using std::chrono::milliseconds;
/// In nanoseconds, so that roundings do not add up.
using Exact = std::chrono::sys_time<std::chrono::nanoseconds>;

Exact exact_date(const Segment& segment) {
  return *segment.program_date_time + segment.date_fraction;
}

/// Dates that are carried from update to update could walk to where nanoseconds overflow (2262).
bool is_reckonable(Exact date) {
  constexpr auto most = std::chrono::years(240);
  return date.time_since_epoch() < most && date.time_since_epoch() > -most;
}

void set_date(Segment& segment, Exact date) {
  segment.program_date_time = std::chrono::floor<milliseconds>(date);
  segment.date_fraction = date - *segment.program_date_time;
}

} // namespace

void number_segments(MediaPlaylist& playlist) {
  auto sn = playlist.media_sequence;
  auto discontinuity_sequence = playlist.discontinuity_sequence;
  for (auto& segment : playlist.segments) {
    segment.sn = sn++;
    discontinuity_sequence += segment.discontinuity;
    segment.discontinuity_sequence = discontinuity_sequence;
  }
}

void reckon_dates(std::vector<Segment>& segments) {
  std::optional<Exact> end; // of the segment before
  for (auto& segment : segments) {
    if (segment.discontinuity)
      end.reset();
    if (segment.program_date_time) // its own, or known from the playlist before
      end = exact_date(segment);
    else if (end && is_reckonable(*end))
      set_date(segment, *end);
    else
      end.reset();
    if (end)
      *end += segment.duration;
  }
  std::optional<Exact> start; // of the segment after
  for (auto it = segments.rbegin(); it != segments.rend(); ++it) {
    if (it->program_date_time)
      start = exact_date(*it);
    else if (start && is_reckonable(*start - it->duration))
      set_date(*it, *start -= it->duration);
    else
      start.reset();
    if (it->discontinuity)
      start.reset();
  }
}

} // namespace p2plive::media
