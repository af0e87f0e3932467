// Variables of a playlist, and the references to them: `{$name}` (bis, 4.3). Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist_lines.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace p2plive::media {

/// Of one playlist. A reference is replaced once, and sees the definitions that stand above it.
class Variables {
public:
  /// `uri`: where the playlist came from, after redirects, for QUERYPARAM; it is copied.
  /// `imported`: null where no master playlist led here; it must outlive this.
  Variables(const std::string& uri, const Definitions* imported) : uri_(uri), imported_(imported) {}

  /// Reads an EXT-X-DEFINE.
  Problem define(const Line& line, std::string_view attributes);

  /// The line with its references replaced, valid until the next call. In tags with an attribute
  /// list strings and hexadecimal numbers may have them; nothing else may, and is left as it is.
  tl::expected<Line, PlaylistError> in_uri(const Line& line);
  tl::expected<Line, PlaylistError> in_attributes(const Line& line);

  Definitions take() { return std::move(definitions_); }

private:
  Problem import(const Line& line, std::string_view name);
  Problem query_parameter(const Line& line, std::string_view name);
  Problem add(const Line& line, std::string_view name, std::string_view value);
  Problem replace(const Line& line, std::string_view text);
  Problem replace_in_attribute(const Line& line, std::string_view value, bool quoted);
  tl::expected<Line, PlaylistError> replaced(const Line& line);

  std::string uri_;
  const Definitions* imported_;
  Definitions definitions_;
  std::string text_; ///< of the line under way
  std::size_t expanded_ = 0;
};

} // namespace p2plive::media
