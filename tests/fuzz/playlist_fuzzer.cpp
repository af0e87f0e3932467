// Any text as a playlist: no crash, and whatever is read keeps its promises. The first line of the
// input is the base URI, the rest is the playlist. A line `====` ends it, and begins another that
// is read against it: a media playlist of this master, or an update of this media playlist.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include "media/playlist.h"
#include "media/playlist_limits.h"
#include "media/variant_choice.h"

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
  require(playlist.date_ranges.size() <= max_date_ranges);
  for (const auto& range : playlist.date_ranges)
    require(!range.id.empty());
  require(playlist.skip_boundary >= std::chrono::seconds(0));
  // Sums with media times do not overflow.
  auto offset = playlist.start_offset.value_or(std::chrono::seconds(0));
  require(std::chrono::abs(offset) <= std::chrono::seconds(1'000'000'001));
  (void)unsupported(playlist);
}

void check(const MasterPlaylist& playlist) {
  require(!playlist.variants.empty() && playlist.variants.size() <= max_variants);
  require(playlist.definitions.size() <= max_definitions);
  for (const auto& [name, value] : playlist.definitions) {
    require(!name.empty() && name.size() <= max_definition_name);
    require(value.size() <= max_definition_value && value.find('"') == value.npos);
  }
  for (const auto& variant : playlist.variants) {
    require(is_web(variant.uri));
    (void)unsupported(variant);
  }
  for (std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1'000'000}, UINT64_MAX}) {
    auto* chosen = choose_variant(playlist, {.max_bandwidth = limit, .codecs = {"avc1", "mp4a"}});
    require(chosen);
    auto uris = redundant_uris(playlist, *chosen);
    require(!uris.empty() && uris.size() <= playlist.variants.size());
  }
}

/// Takes the text up to a line `mark` off the front, and that line.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  auto end = std::min(text.find(mark), text.size());
  auto front = text.substr(0, end);
  text.remove_prefix(std::min(end + mark.size(), text.size()));
  return front;
}

std::optional<Playlist> read(std::string_view text, const std::string& base,
                             const PlaylistContext& context) {
  auto playlist = parse_playlist(text, base, context);
  if (playlist)
    std::visit([](const auto& it) { check(it); }, *playlist);
  else
    require(!playlist.error().message.empty());
  auto again = parse_playlist(text, base, context);
  require(again.has_value() == playlist.has_value());
  require(!playlist || *again == *playlist);
  if (!playlist)
    return std::nullopt;
  return *playlist;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string base(take_until(text, "\n"));
  auto first = read(take_until(text, "\n====\n"), base, {});
  if (!first || text.empty())
    return 0;
  PlaylistContext context;
  if (auto* master = std::get_if<MasterPlaylist>(&*first))
    context.imported = &master->definitions;
  else
    context.before = &std::get<MediaPlaylist>(*first);
  read(text, base, context);
  return 0;
}
