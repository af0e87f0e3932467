// The small grammar inside of HLS tags (RFC 8216, 4.2): attribute lists and numbers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace p2plive::media {

/// The value of attribute `name` in a list like `A=1,B="x,y"`, without its quotes; the first of
/// several. None: not there, or the list is broken before it.
std::optional<std::string_view> find_attribute(std::string_view list, std::string_view name);

/// Decimal digits and nothing else, up to 2^64 - 1.
std::optional<std::uint64_t> parse_integer(std::string_view text);

/// Seconds, integer or decimal, not negative, to the nanosecond (further digits are cut off).
std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text);

/// `1920x1080`
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_resolution(std::string_view text);

/// `0x` and up to 32 hexadecimal digits, right-aligned in sixteen bytes.
std::optional<std::array<std::uint8_t, 16>> parse_iv(std::string_view text);

} // namespace p2plive::media
