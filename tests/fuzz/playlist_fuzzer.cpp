// Any text as a playlist: no crash, and whatever is read keeps its promises. The first line of the
// input is the base URI, the rest is the playlist.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include "media/playlist.h"
#include "media/playlist_limits.h"

#include <algorithm>

using namespace p2plive::media;

namespace {

bool is_web(const std::string& uri) {
  return uri.size() <= max_uri_length &&
         (uri.starts_with("http://") || uri.starts_with("https://"));
}

void check(const MediaPlaylist& playlist) {
  require(playlist.segments.size() <= max_segments);
  require(playlist.target_duration >= min_target_duration);
  require(playlist.target_duration <= max_target_duration);
  auto sn = playlist.media_sequence;
  auto discontinuities = playlist.discontinuity_sequence;
  for (const auto& segment : playlist.segments) {
    require(segment.sn == sn++);
    discontinuities += segment.discontinuity;
    require(segment.discontinuity_sequence == discontinuities);
    require(is_web(segment.uri));
    require(segment.duration >= std::chrono::seconds(0));
    require(segment.duration <= max_segment_duration);
    require(!segment.map || is_web(segment.map->uri));
    require(segment.key.method != Key::Method::aes_128 || is_web(segment.key.uri));
    require(!segment.program_date_time_tagged || segment.program_date_time);
  }
  (void)unsupported(playlist);
}

void check(const MasterPlaylist& playlist) {
  require(!playlist.variants.empty() && playlist.variants.size() <= max_variants);
  for (const auto& variant : playlist.variants) {
    require(is_web(variant.uri));
    (void)unsupported(variant);
  }
  for (std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1'000'000}, UINT64_MAX})
    require(choose_variant(playlist, limit));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto end = std::min(input.find('\n'), size);
  std::string base(input.substr(0, end));
  auto text = input.substr(std::min(end + 1, size));
  auto playlist = parse_playlist(text, base);
  if (playlist)
    std::visit([](const auto& it) { check(it); }, *playlist);
  else
    require(!playlist.error().message.empty());
  auto again = parse_playlist(text, base);
  require(again.has_value() == playlist.has_value());
  require(!playlist || *again == *playlist);
  return 0;
}
