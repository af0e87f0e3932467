// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/attribute_list.h"

#include "media/playlist_limits.h"

#include <algorithm>
#include <charconv>

namespace p2plive::media {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return std::nullopt;
}

/// Takes the value off the front of `list`, and the comma behind it.
bool take_value(std::string_view& list, Attribute& attribute) {
  attribute.quoted = !list.empty() && list.front() == '"';
  if (attribute.quoted) {
    auto end = list.find('"', 1);
    if (end == list.npos)
      return false;
    attribute.value = list.substr(1, end - 1);
    list.remove_prefix(end + 1);
    list.remove_prefix(std::min(list.find(','), list.size()));
  } else {
    auto end = std::min(list.find(','), list.size());
    attribute.value = trimmed(list.substr(0, end));
    list.remove_prefix(end);
  }
  if (!list.empty())
    list.remove_prefix(1);
  return true;
}

} // namespace

std::optional<Attribute> take_attribute(std::string_view& list) {
  auto equals = list.find('=');
  if (equals == list.npos)
    return std::nullopt;
  Attribute attribute{trimmed(list.substr(0, equals)), {}, false};
  list.remove_prefix(equals + 1);
  if (!take_value(list, attribute))
    return std::nullopt;
  return attribute;
}

std::optional<std::string_view> find_attribute(std::string_view list, std::string_view name) {
  while (auto attribute = take_attribute(list)) {
    if (attribute->name == name)
      return attribute->value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<std::chrono::nanoseconds> parse_seconds(std::string_view text) {
  text = trimmed(text);
  auto point = std::min(text.find('.'), text.size());
  auto whole_text = text.substr(0, point);
  auto fraction = text.substr(std::min(point + 1, text.size()));
  if (whole_text.empty() && fraction.empty())
    return std::nullopt;
  std::uint64_t whole = 0;
  if (!whole_text.empty()) {
    auto parsed = parse_integer(whole_text);
    if (!parsed || *parsed > 1'000'000'000) // 31 years; keeps the nanoseconds in 64 bits
      return std::nullopt;
    whole = *parsed;
  }
  std::int64_t nanoseconds = 0;
  std::int64_t unit = 100'000'000;
  for (char c : fraction) {
    if (!is_digit(c))
      return std::nullopt;
    nanoseconds += (c - '0') * unit;
    unit /= 10;
  }
  return std::chrono::seconds(whole) + std::chrono::nanoseconds(nanoseconds);
}

std::optional<std::chrono::nanoseconds> parse_signed_seconds(std::string_view text) {
  text = trimmed(text);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  auto seconds = parse_seconds(text);
  return seconds && negative ? -*seconds : seconds;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_resolution(std::string_view text) {
  auto cross = text.find_first_of("xX");
  if (cross == text.npos)
    return std::nullopt;
  auto width = parse_integer(text.substr(0, cross));
  auto height = parse_integer(text.substr(cross + 1));
  if (!width || !height || *width > UINT32_MAX || *height > UINT32_MAX)
    return std::nullopt;
  return std::pair(static_cast<std::uint32_t>(*width), static_cast<std::uint32_t>(*height));
}

std::optional<std::array<std::uint8_t, 16>> parse_iv(std::string_view text) {
  if (text.size() < 3 || text.size() > 34 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
    return std::nullopt;
  std::array<std::uint8_t, 16> iv{};
  std::size_t nibble = 0; // from the right
  for (auto i = text.size(); i-- > 2; ++nibble) {
    auto digit = hex_digit(text[i]);
    if (!digit)
      return std::nullopt;
    iv[15 - nibble / 2] |= static_cast<std::uint8_t>(*digit << (nibble % 2 ? 4 : 0));
  }
  return iv;
}

std::optional<OpenRange> parse_byte_range(std::string_view text) {
  auto at = text.find('@');
  auto length = parse_integer(text.substr(0, at));
  if (!length || *length > max_resource_size)
    return std::nullopt;
  OpenRange range{*length, std::nullopt};
  if (at != text.npos) {
    range.offset = parse_integer(text.substr(at + 1));
    if (!range.offset || *range.offset > max_resource_size)
      return std::nullopt;
  }
  return range;
}

} // namespace p2plive::media
