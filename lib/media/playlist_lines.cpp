// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/playlist_lines.h"

#include "media/playlist_limits.h"

#include <algorithm>

namespace p2plive::media {

std::optional<Line> Lines::next() {
  if (done_)
    return std::nullopt;
  auto end = std::min(text_.find('\n'), text_.size());
  auto line = text_.substr(0, end);
  done_ = end == text_.size();
  text_.remove_prefix(done_ ? end : end + 1);
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && blank(line.back()))
    line.remove_suffix(1);
  while (!line.empty() && blank(line.front()))
    line.remove_prefix(1);
  return Line{++number_, line};
}

Tag split_tag(std::string_view line) {
  auto colon = std::min(line.find(':'), line.size());
  return {line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))};
}

PlaylistError playlist_error(PlaylistError::Kind kind, std::size_t line, const std::string& what) {
  auto subject = line == 0 ? "The playlist " : "Line " + std::to_string(line) + " of the playlist ";
  return {kind, line, subject + what + (what.ends_with('?') ? "" : ".")};
}

tl::expected<std::string, PlaylistError> resolve_uri(UriResolver& resolver, const Line& line,
                                                     std::string_view reference) {
  using Kind = PlaylistError::Kind;
  auto uri = resolver.resolve(reference);
  if (uri)
    return *uri;
  switch (uri.error()) {
  case UriResolver::Error::too_long:
    return tl::unexpected(
        playlist_error(Kind::uri_too_long, line.number,
                       "has a URI of more than " + std::to_string(max_uri_length) + " bytes"));
  case UriResolver::Error::too_much:
    return tl::unexpected(playlist_error(Kind::too_large, line.number,
                                         "brings the URIs to more than " +
                                             std::to_string(max_uri_bytes) + " bytes together"));
  case UriResolver::Error::invalid:
    break;
  }
  return tl::unexpected(
      playlist_error(Kind::bad_uri, line.number, "has a URI that is no http or https address"));
}

} // namespace p2plive::media
