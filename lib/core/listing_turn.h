// Who looks at the playlist for the next segment, and who leaves that to others: the rule that
// keeps a large audience from asking for it once for each segment and viewer.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/events.h"
#include "core/ids.h"

#include <cstddef>
#include <cstdint>

namespace p2plive::core {

/// In an audience of up to so many everybody looks at every segment.
inline constexpr std::uint32_t all_look = 32;

/// One viewer in so many looks at each segment, and each looks at one segment in so many.
inline constexpr std::uint64_t looks_at_one_in = 4;

/// What one viewer knows when the playlist is due.
struct ListingView {
  PeerId self;
  std::uint32_t audience = 1;
  std::size_t neighbours = 0;  ///< from whom it could hear of the segment
  SeedPlace appointed;         ///< by the tracker
  bool follows_tracker = true; ///< fetches as appointed, and not by a share of its own
  bool plain = false;          ///< the newest segment is one that others may go on from (Timeline)
  Duration watched{};          ///< since it plays
  Duration unseen{};           ///< since it looked last
  Duration target{};           ///< target duration
  Duration listed{};           ///< media that the playlist showed then
  Duration time_left{};        ///< until it would be late to know of the segment
};

/// So long what others tell is waited for.
Duration listing_patience(Duration target);

/// May it wait for others to tell of segment `sn`? Not where somebody would miss what it does not
/// see: who is appointed to fetch what is new, or stands by, fetches the segment for others, and
/// where nobody is appointed everybody may have to. Nor in its own turn, which comes for one
/// segment in `looks_at_one_in`, nor when it has not looked for longer than that: the end of the
/// stream, a restart, another key are seen in its own playlist only, and what has left that cannot
/// be asked for any more.
bool may_leave(const ListingView& view, SequenceNumber sn);

} // namespace p2plive::core
