// Where the media playlists of two variants show the same moment.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"

#include <chrono>
#include <cstdint>
#include <tl/expected.hpp>

namespace p2plive::media {

/// Segments that are to be the same moment may be dated so far apart: encoders date each variant on
/// its own, to the millisecond.
inline constexpr auto same_moment = std::chrono::milliseconds(100);

enum class Misfit {
  little_in_common, ///< fewer than two segments of the same time: a later playlist may tell
  apart, ///< they do not go together segment by segment, or one has init sections and the other not
};

/// What has to be added to the number of a segment of `from` to have that of the segment of `to`
/// which begins at the same moment. Where both are dated (RFC 8216, 4.3.2.6) the dates of all
/// segments that both list tell; else, as is asked of variants that are made together (6.2.4,
/// 6.3.2), target durations, numbers, durations and discontinuities have to be the same.
tl::expected<std::int64_t, Misfit> counterpart_offset(const MediaPlaylist& from,
                                                      const MediaPlaylist& to);

} // namespace p2plive::media
