// Dates as in EXT-X-PROGRAM-DATE-TIME (RFC 8216, 4.3.2.6; ISO 8601).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace p2plive::media {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// `2026-11-22T20:54:05.648+0000`: any number of decimals or none; Z, +hh:mm, +hhmm, +hh, or no
/// zone, which is read as UTC. A leap second is read as the second before.
/// None for what is no date, and for years before 1970 or after 2200.
std::optional<WallTime> parse_date_time(std::string_view text);

} // namespace p2plive::media
