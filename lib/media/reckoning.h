// What segments do not say themselves: their numbers and their dates. Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"

#include <vector>

namespace p2plive::media {

/// Media sequence numbers, and discontinuity sequences (RFC 8216, 6.2.1).
void number_segments(MediaPlaylist& playlist);

/// Dates for segments without one: on from the date before, then back from the first date of each
/// stretch between discontinuities (6.3.3).
void reckon_dates(std::vector<Segment>& segments);

} // namespace p2plive::media
