// Reads playlists that must be read, and such that must not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/playlist.h"

#include <gst/check/gstcheck.h>
#include <string>

inline const std::string stream_uri = "http://cdn.example/live/stream.m3u8";

template <typename Kind = p2plive::media::MediaPlaylist>
Kind parse(const std::string& text, const p2plive::media::PlaylistContext& context = {},
           const std::string& base_uri = stream_uri) {
  auto playlist = p2plive::media::parse_playlist(text, base_uri, context);
  fail_unless(playlist.has_value(), "%s", playlist ? "" : playlist.error().message.c_str());
  fail_unless(std::holds_alternative<Kind>(*playlist));
  return std::get<Kind>(*playlist);
}

inline p2plive::media::PlaylistError
parse_error(const std::string& text, const p2plive::media::PlaylistContext& context = {},
            const std::string& base_uri = stream_uri) {
  auto playlist = p2plive::media::parse_playlist(text, base_uri, context);
  fail_if(playlist.has_value(), "read as a playlist: %s", text.substr(0, 400).c_str());
  return playlist.error();
}

/// The error is of this kind, in this line, and says a sentence with `part` in it.
inline void expect_error(const p2plive::media::PlaylistError& error,
                         p2plive::media::PlaylistError::Kind kind, std::size_t line,
                         const std::string& part) {
  fail_unless(error.kind == kind, "%s", error.message.c_str());
  fail_unless_equals_uint64(error.line, line);
  fail_unless(error.message.find(part) != std::string::npos, "%s", error.message.c_str());
  fail_unless(error.message.back() == '.', "%s", error.message.c_str());
}
