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

struct Attribute {
  std::string_view name;
  std::string_view value; ///< without its quotes
  bool quoted = false;
};

/// Takes the first attribute off a list, and the comma behind it. None: the list is at its end, or
/// broken.
std::optional<Attribute> take_attribute(std::string_view& list);

/// The value of attribute `name` in a list like `A=1,B="x,y"`, without its quotes; the first of
/// several. None: not there, or the list is broken before it.
std::optional<std::string_view> find_attribute(std::string_view list, std::string_view name);

/// Decimal digits and nothing else, up to 2^64 - 1.
std::optional<std::uint64_t> parse_integer(std::string_view text);

/// Seconds, integer or decimal, not negative, to the nanosecond (further digits are cut off).
std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text);

/// The same with a sign or without.
std::optional<std::chrono::nanoseconds> parse_signed_seconds(std::string_view text);

/// `1920x1080`
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_resolution(std::string_view text);

/// `0x` and up to 32 hexadecimal digits, right-aligned in sixteen bytes.
std::optional<std::array<std::uint8_t, 16>> parse_iv(std::string_view text);

struct OpenRange {
  std::uint64_t length = 0;
  std::optional<std::uint64_t> offset; ///< none: where the one before it ended
};
/// `1000@500` or `1000`; numbers up to `max_resource_size`.
std::optional<OpenRange> parse_byte_range(std::string_view text);

} // namespace p2plive::media
