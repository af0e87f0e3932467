// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/playlist.h"

#include "media/playlist_limits.h"
#include "media/playlist_lines.h"

#include <algorithm>

namespace p2plive::media {

namespace {

using Kind = PlaylistError::Kind;

std::string_view without_bom(std::string_view text) {
  return text.substr(0, 3) == "\xef\xbb\xbf" ? text.substr(3) : text;
}

/// What came instead of a playlist, in words.
PlaylistError describe_stranger(std::string_view text) {
  auto start = text.find_first_not_of(" \t\r\n");
  if (start == text.npos)
    return playlist_error(Kind::empty, 0, "is empty");
  if (text.find('\0') != text.npos)
    return playlist_error(Kind::binary, 0, "is binary data; is this the address of a segment?");
  if (text[start] == '<')
    return playlist_error(Kind::html, 0,
                          "is a web page or XML, not HLS; does the address need a login or token?");
  if (text[start] == '{' || text[start] == '[')
    return playlist_error(Kind::json, 0, "is JSON, not HLS; is this an API's address?");
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\r' && c != '\n'; }))
    return playlist_error(Kind::binary, 0, "is binary data; is this the address of a segment?");
  return playlist_error(Kind::not_a_playlist, 0, "does not begin with #EXTM3U, so it is not HLS");
}

bool begins_as_playlist(std::string_view text) {
  Lines lines(text);
  auto first = lines.next();
  while (first && first->text.empty())
    first = lines.next();
  return first && split_tag(first->text).name == "#EXTM3U";
}

struct Shape {
  bool master = false;
  bool media = false;
};

/// Checks every line's length, and which kind of playlist its tags make it.
tl::expected<Shape, PlaylistError> survey(std::string_view text) {
  Shape shape;
  Lines lines(text);
  while (auto line = lines.next()) {
    if (line->text.size() > max_line_length)
      return tl::unexpected(
          playlist_error(Kind::line_too_long, line->number,
                         "is longer than " + std::to_string(max_line_length) + " bytes"));
    if (!line->is_tag())
      continue;
    auto name = split_tag(line->text).name;
    shape.master |= name == "#EXT-X-STREAM-INF";
    shape.media |= name == "#EXTINF" || name == "#EXT-X-TARGETDURATION";
    if (shape.master && shape.media)
      return tl::unexpected(playlist_error(
          Kind::mixed, line->number, "makes it a master and a media playlist at the same time"));
  }
  return shape;
}

} // namespace

tl::expected<Playlist, PlaylistError>
parse_playlist(std::string_view text, const std::string& base_uri, const PlaylistContext& context) {
  if (text.size() > max_playlist_size)
    return tl::unexpected(playlist_error(
        Kind::too_large, 0, "is larger than " + std::to_string(max_playlist_size >> 20) + " MiB"));
  text = without_bom(text);
  if (text.find('\0') != text.npos || !begins_as_playlist(text))
    return tl::unexpected(describe_stranger(text));
  auto shape = survey(text);
  if (!shape)
    return tl::unexpected(shape.error());
  if (shape->master)
    return parse_master_playlist(text, base_uri).map([](auto&& it) { return Playlist(it); });
  return parse_media_playlist(text, base_uri, context).map([](auto&& it) { return Playlist(it); });
}

std::optional<Unsupported> unsupported(const MediaPlaylist& playlist) {
  if (playlist.i_frames_only)
    return Unsupported{
        "This playlist lists single pictures only (EXT-X-I-FRAMES-ONLY), which is not played."};
  for (const auto& segment : playlist.segments) {
    if (segment.key.method != Key::Method::none && segment.key.method != Key::Method::aes_128)
      return Unsupported{
          "This stream is encrypted with SAMPLE-AES or a DRM system, which is not played.", true};
  }
  return std::nullopt;
}

} // namespace p2plive::media
