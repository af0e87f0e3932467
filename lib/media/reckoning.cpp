// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/reckoning.h"

#include <chrono>
#include <optional>

namespace p2plive::media {

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
  using std::chrono::floor;
  using std::chrono::milliseconds;
  /// So that roundings do not add up.
  using Exact = std::chrono::sys_time<std::chrono::nanoseconds>;
  std::optional<Exact> end; // of the segment before
  for (auto& segment : segments) {
    if (segment.discontinuity)
      end.reset();
    if (segment.program_date_time_tagged)
      end = *segment.program_date_time;
    else if (end)
      segment.program_date_time = floor<milliseconds>(*end);
    if (end)
      *end += segment.duration;
  }
  std::optional<Exact> start; // of the segment after
  for (auto it = segments.rbegin(); it != segments.rend(); ++it) {
    if (it->program_date_time)
      start = *it->program_date_time;
    else if (start)
      it->program_date_time = floor<milliseconds>(*start -= it->duration);
    if (it->discontinuity)
      start.reset();
  }
}

} // namespace p2plive::media
