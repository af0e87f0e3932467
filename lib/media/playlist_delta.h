// Updates of a live playlist that leave out the older segments, which the viewer knows already
// (EXT-X-SKIP; bis, 6.2.5.1 and 6.3.7). parse_playlist() makes whole ones of them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace p2plive::media {

/// Where such an update is to be had: the playlist's URI with `_HLS_skip=YES` behind its query.
std::string delta_uri(std::string_view playlist_uri);

/// The `count` segments from number `first` on, of the playlist `before`; `line` is where they are
/// left out. Valid as long as `before`.
tl::expected<std::span<const Segment>, PlaylistError> segments_left_out(const MediaPlaylist& before,
                                                                        std::uint64_t first,
                                                                        std::uint64_t count,
                                                                        std::size_t line);

/// What shows that `update`, with numbers and the segments left out, goes on from another playlist
/// than `before`: an encoder has started again, or this is another edge.
std::optional<PlaylistError> find_misfit(const MediaPlaylist& before, const MediaPlaylist& update,
                                         std::size_t line);

} // namespace p2plive::media
