// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/playlist_delta.h"

#include "media/playlist_lines.h"

#include <algorithm>

namespace p2plive::media {

using Kind = PlaylistError::Kind;

std::string delta_uri(std::string_view playlist_uri) {
  auto end = std::min(playlist_uri.find('#'), playlist_uri.size());
  std::string uri(playlist_uri.substr(0, end));
  auto query = uri.find('?');
  if (query == uri.npos)
    uri += '?';
  else if (query + 1 < uri.size() && uri.back() != '&')
    uri += '&';
  uri += "_HLS_skip=YES";
  return uri.append(playlist_uri.substr(end));
}

tl::expected<std::span<const Segment>, PlaylistError> segments_left_out(const MediaPlaylist& before,
                                                                        std::uint64_t first,
                                                                        std::uint64_t count,
                                                                        std::size_t line) {
  // None of the numbers can overflow: they and the counts are bounded (playlist_limits.h).
  if (first < before.media_sequence ||
      first + count > before.media_sequence + before.segments.size())
    return tl::unexpected(playlist_error(
        Kind::delta_misfit, line,
        "leaves out segments that the playlist before it does not list; it must be loaded whole"));
  return std::span(before.segments).subspan(first - before.media_sequence, count);
}

std::optional<PlaylistError> find_misfit(const MediaPlaylist& before, const MediaPlaylist& update,
                                         std::size_t line) {
  auto end = before.media_sequence + before.segments.size();
  for (const auto& segment : update.segments) {
    if (segment.sn < before.media_sequence || segment.sn >= end)
      continue;
    const auto& known = before.segments[segment.sn - before.media_sequence];
    if (segment.duration != known.duration ||
        segment.discontinuity_sequence != known.discontinuity_sequence)
      return playlist_error(Kind::delta_misfit, line,
                            "leaves segments out, but segment " + std::to_string(segment.sn) +
                                " is another than before; it must be loaded whole");
  }
  return std::nullopt;
}

} // namespace p2plive::media
