// A playlist as lines and tags: what the parsers of both kinds share. Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"
#include "media/uri_resolver.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace p2plive::media {

struct Line {
  std::size_t number = 0; ///< from 1
  std::string_view text;  ///< without line end and blanks around it
  bool is_tag() const { return text.substr(0, 4) == "#EXT"; }
  bool is_uri() const { return !text.empty() && text.front() != '#'; }
};

/// Goes through the lines of a text; CRLF or LF.
class Lines {
public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::optional<Line> next();

private:
  std::string_view text_;
  std::size_t number_ = 0;
  bool done_ = false;
};

/// A tag line in two: `#EXTINF` and what stands behind the colon.
struct Tag {
  std::string_view name;
  std::string_view value;
};
Tag split_tag(std::string_view line);

/// None: nothing wrong.
using Problem = std::optional<PlaylistError>;

/// "Line 7 of the playlist WHAT." or, for line 0, "The playlist WHAT."
PlaylistError playlist_error(PlaylistError::Kind kind, std::size_t line, const std::string& what);

/// Resolves and says in words what is wrong with a URI.
tl::expected<std::string, PlaylistError> resolve_uri(UriResolver& resolver, const Line& line,
                                                     std::string_view reference);

tl::expected<MediaPlaylist, PlaylistError> parse_media_playlist(std::string_view text,
                                                                const std::string& base_uri,
                                                                const PlaylistContext& context);
tl::expected<MasterPlaylist, PlaylistError> parse_master_playlist(std::string_view text,
                                                                  const std::string& base_uri);

} // namespace p2plive::media
