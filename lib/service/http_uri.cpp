// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/http_uri.h"

#include <algorithm>
#include <optional>

namespace p2plive::service {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

constexpr bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

// RFC 3986, section 2.3.
bool is_unreserved(char c) {
  return is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

// RFC 3986, section 2.2: they may carry a meaning, so they stay as they are, encoded or not.
bool is_reserved(char c) {
  return std::string_view(":/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
}

void append_encoded(std::string& text, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  auto byte = static_cast<unsigned char>(c);
  text += '%';
  text += digits[byte >> 4];
  text += digits[byte & 15];
}

// RFC 3986, sections 6.2.2.1 and 6.2.2.2. What may not stand in a URI at all is encoded, as
// browsers do; a percent sign that encodes nothing stands for itself.
std::string normal_encoding(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool encoded = c == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0;
    if (encoded) {
      c = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    }
    if (is_unreserved(c) || (!encoded && is_reserved(c)))
      result += c;
    else
      append_encoded(result, c);
  }
  return result;
}

// RFC 3986, section 5.2.4, for a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::size_t begin = 1; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    auto segment = path.substr(begin, end - begin);
    bool last = end == path.size();
    bool dots = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty())
      kept.pop_back();
    if (!dots)
      kept.push_back(segment);
    else if (last)
      kept.push_back({});
    begin = end + 1;
  }
  std::string result;
  result.reserve(path.size());
  for (auto segment : kept)
    result.append("/").append(segment);
  return result.empty() ? "/" : result;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

// The scheme and the slashes are cut off `uri`.
bool take_scheme(std::string_view& uri) {
  for (std::string_view scheme : {"http://", "https://"})
    if (uri.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), uri.begin(),
                                                  [](char a, char b) { return a == lower(b); })) {
      uri.remove_prefix(scheme.size());
      return true;
    }
  return false;
}

// RFC 3986, section 3.2: host without user and port; nothing when there is no host, or no port
// where one should be.
std::optional<std::string> host_of(std::string_view authority) {
  if (auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  bool literal = authority.starts_with('[');
  auto end = literal ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == std::string_view::npos)
    return {};
  if (literal)
    ++end;
  auto port = authority.substr(end);
  if (!port.empty() && (port[0] != ':' || port.find_first_not_of("0123456789", 1) != port.npos))
    return {};
  // Encoding first: what it decodes may be a capital letter.
  auto encoded = in_lower_case(normal_encoding(authority.substr(0, end)));
  return encoded.empty() ? std::nullopt : std::optional(normal_encoding(encoded));
}

std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> result;
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty())
      continue;
    auto equals = std::min(parameter.find('='), parameter.size());
    auto value = parameter.substr(std::min(equals + 1, parameter.size()));
    result.emplace_back(normal_encoding(parameter.substr(0, equals)), normal_encoding(value));
  }
  return result;
}

} // namespace

tl::expected<HttpUri, std::string> parse_http_uri(std::string_view uri) {
  if (uri.size() > max_uri_size)
    return tl::unexpected<std::string>("the URI is longer than 8 KiB");
  if (!take_scheme(uri))
    return tl::unexpected<std::string>("the URI begins with neither http:// nor https://");
  uri = uri.substr(0, uri.find('#'));
  auto authority = uri.substr(0, uri.find_first_of("/?"));
  auto host = host_of(authority);
  if (!host)
    return tl::unexpected<std::string>("the URI names no host");
  uri.remove_prefix(authority.size());
  auto path = uri.substr(0, uri.find('?'));
  auto query = uri.substr(std::min(path.size() + 1, uri.size()));
  return HttpUri{std::move(*host), without_dot_segments(normal_encoding(path)),
                 parameters_of(query)};
}

} // namespace p2plive::service
