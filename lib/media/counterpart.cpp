// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/counterpart.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>

namespace p2plive::media {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t enough = 2; ///< segments in both
/// Of the newest segments it is looked which begin at the same moment.
constexpr std::ptrdiff_t looked_at = 100;
/// Without dates equal numbers are taken for the same media, which they need not be (RFC 8216,
/// section 4.3.3.2), only of encoders that are equally far.
constexpr std::uint64_t most_apart = 2;

bool same_time(std::chrono::nanoseconds difference) {
  return difference <= same_moment && -difference <= same_moment;
}

bool dated(const MediaPlaylist& playlist) {
  return std::ranges::all_of(playlist.segments, [](const Segment& segment) {
    return segment.program_date_time.has_value();
  });
}

/// The newest segment of `from` that `to` has, too.
std::optional<std::int64_t> by_dates(const MediaPlaylist& from, const MediaPlaylist& to) {
  auto newest = [](const MediaPlaylist& playlist) {
    auto count = std::min(std::ssize(playlist.segments), looked_at);
    return std::ranges::subrange(playlist.segments.rbegin(), playlist.segments.rbegin() + count);
  };
  for (const auto& one : newest(from))
    for (const auto& other : newest(to))
      if (same_time(*one.program_date_time - *other.program_date_time))
        return static_cast<std::int64_t>(other.sn - one.sn);
  return {};
}

bool equally_far(const MediaPlaylist& from, const MediaPlaylist& to) {
  auto [less, more] = std::minmax(from.segments.back().sn, to.segments.back().sn);
  return more - less <= most_apart;
}

/// By dates, for so long that there should be a segment at the same moment.
bool overlap(const MediaPlaylist& from, const MediaPlaylist& to) {
  auto covers = [](const MediaPlaylist& one, const MediaPlaylist& other) {
    const auto& last = one.segments.back();
    const auto& first = other.segments.front();
    return *last.program_date_time - *first.program_date_time > first.duration;
  };
  return covers(from, to) && covers(to, from);
}

bool go_together(const Segment& a, const Segment& b, bool by_date) {
  if (a.map.has_value() != b.map.has_value() || !same_time(a.duration - b.duration))
    return false;
  return by_date ? same_time(*a.program_date_time - *b.program_date_time)
                 : a.discontinuity_sequence == b.discontinuity_sequence;
}

} // namespace

tl::expected<std::int64_t, Misfit> counterpart_offset(const MediaPlaylist& from,
                                                      const MediaPlaylist& to) {
  const auto little = tl::unexpected(Misfit::little_in_common);
  const auto apart = tl::unexpected(Misfit::apart);
  if (from.segments.size() < enough || to.segments.size() < enough)
    return little;
  const bool by_date = dated(from) && dated(to);
  if (!by_date && (from.target_duration != to.target_duration || !equally_far(from, to)))
    return apart;
  auto offset = by_date ? by_dates(from, to) : std::optional<std::int64_t>(0);
  if (!offset && overlap(from, to))
    return apart;
  if (!offset)
    return little;
  std::size_t both = 0;
  for (const auto& segment : from.segments) {
    // Numbers have no holes.
    auto place = segment.sn + static_cast<std::uint64_t>(*offset) - to.segments.front().sn;
    if (place >= to.segments.size())
      continue;
    if (!go_together(segment, to.segments[place], by_date))
      return apart;
    ++both;
  }
  if (both < enough)
    return little;
  return *offset;
}

} // namespace p2plive::media
