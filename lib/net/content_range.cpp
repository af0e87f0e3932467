// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/content_range.h"

#include <strings.h>

#include <charconv>

namespace p2plive::net {

namespace {

constexpr std::uint64_t largest = std::uint64_t(1) << 53;

/// Takes the digits at the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number > largest)
    return std::nullopt;
  text.remove_prefix(rest - text.data());
  return number;
}

bool take(std::string_view& text, std::string_view expected) {
  if (text.size() < expected.size() ||
      strncasecmp(text.data(), expected.data(), expected.size()) != 0)
    return false;
  text.remove_prefix(expected.size());
  return true;
}

void trim(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
}

} // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  ContentRange result;
  trim(value);
  if (!take(value, "bytes "))
    return std::nullopt;
  trim(value);
  if (!take(value, "*")) {
    auto first = take_number(value);
    if (!first || !take(value, "-"))
      return std::nullopt;
    auto last = take_number(value);
    if (!last || *last < *first)
      return std::nullopt;
    result.range = ByteRange{*first, *last};
  }
  if (!take(value, "/"))
    return std::nullopt;
  if (!take(value, "*")) {
    result.size = take_number(value);
    if (!result.size || (result.range && result.range->last >= *result.size))
      return std::nullopt;
  }
  if (!value.empty() || (!result.range && !result.size))
    return std::nullopt;
  return result;
}

} // namespace p2plive::net
