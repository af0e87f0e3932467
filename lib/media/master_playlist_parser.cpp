// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/attribute_list.h"
#include "media/codecs.h"
#include "media/playlist_limits.h"
#include "media/playlist_lines.h"
#include "media/variables.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace p2plive::media {

namespace {

using Kind = PlaylistError::Kind;

/// A variant whose URI is still to come, and the group of its sound.
struct Pending {
  Variant variant;
  std::string audio_group;
};

double parse_frame_rate(std::string_view text) {
  double rate = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  (void)end;
  return error == std::errc() && rate > 0 && rate <= 1000 ? rate : 0; // nan fails both
}

tl::expected<Pending, PlaylistError> parse_stream_inf(const Line& line, std::string_view value) {
  Pending pending;
  auto& variant = pending.variant;
  auto bandwidth = find_attribute(value, "BANDWIDTH");
  auto bits = bandwidth ? parse_integer(*bandwidth) : std::nullopt;
  if (!bits || *bits > max_bandwidth_value)
    return tl::unexpected(playlist_error(Kind::bad_number, line.number,
                                         "has no BANDWIDTH that is a sensible number"));
  variant.bandwidth = *bits;
  if (auto average = find_attribute(value, "AVERAGE-BANDWIDTH"))
    variant.average_bandwidth = std::min(parse_integer(*average).value_or(0), max_bandwidth_value);
  variant.codecs = find_attribute(value, "CODECS").value_or("");
  if (auto text = find_attribute(value, "RESOLUTION")) {
    auto resolution = parse_resolution(*text).value_or(std::pair(0u, 0u));
    variant.width = resolution.first;
    variant.height = resolution.second;
  }
  variant.frame_rate = parse_frame_rate(find_attribute(value, "FRAME-RATE").value_or(""));
  pending.audio_group = find_attribute(value, "AUDIO").value_or("");
  return pending;
}

class Parser {
public:
  explicit Parser(const std::string& base_uri)
      : resolver_(base_uri), variables_(base_uri, nullptr) {}

  Problem line(const Line& line) {
    if (line.is_uri()) {
      auto replaced = variables_.in_uri(line);
      return replaced ? uri(*replaced) : Problem(replaced.error());
    }
    auto name = split_tag(line.text).name;
    if (name == "#EXT-X-INDEPENDENT-SEGMENTS")
      playlist_.independent_segments = true;
    if (name != "#EXT-X-STREAM-INF" && name != "#EXT-X-MEDIA" && name != "#EXT-X-DEFINE" &&
        name != "#EXT-X-START")
      return std::nullopt;
    auto replaced = variables_.in_attributes(line);
    return replaced ? attributes(*replaced) : Problem(replaced.error());
  }

  tl::expected<MasterPlaylist, PlaylistError> finish() {
    if (playlist_.variants.empty())
      return tl::unexpected(
          playlist_error(Kind::no_variants, 0, "is a master playlist that names no stream"));
    for (std::size_t i = 0; i < playlist_.variants.size(); ++i)
      playlist_.variants[i].separate_audio = groups_apart_.count(audio_groups_[i]) > 0;
    playlist_.definitions = variables_.take();
    return std::move(playlist_);
  }

private:
  Problem attributes(const Line& line) {
    auto tag = split_tag(line.text);
    if (tag.name == "#EXT-X-STREAM-INF")
      return stream_inf(line, tag.value);
    if (tag.name == "#EXT-X-DEFINE")
      return variables_.define(line, tag.value);
    if (tag.name == "#EXT-X-START")
      playlist_.start_offset =
          parse_signed_seconds(find_attribute(tag.value, "TIME-OFFSET").value_or(""));
    else
      media(tag.value);
    return std::nullopt;
  }

  Problem stream_inf(const Line& line, std::string_view value) {
    auto parsed = parse_stream_inf(line, value);
    if (!parsed)
      return parsed.error();
    pending_ = std::move(*parsed);
    return std::nullopt;
  }

  void media(std::string_view value) {
    auto group = find_attribute(value, "GROUP-ID");
    if (group && find_attribute(value, "TYPE") == "AUDIO" && find_attribute(value, "URI") &&
        groups_apart_.size() < max_variants)
      groups_apart_.emplace(*group);
  }

  Problem uri(const Line& line) {
    if (!pending_)
      return std::nullopt; // belongs to no stream that we know of
    if (playlist_.variants.size() >= max_variants)
      return playlist_error(Kind::too_many_variants, line.number,
                            "is one stream more than the " + std::to_string(max_variants) +
                                " that are read");
    auto resolved = resolve_uri(resolver_, line, line.text);
    if (!resolved)
      return resolved.error();
    pending_->variant.uri = std::move(*resolved);
    playlist_.variants.push_back(std::move(pending_->variant));
    audio_groups_.push_back(std::move(pending_->audio_group));
    pending_.reset();
    return std::nullopt;
  }

  UriResolver resolver_;
  Variables variables_;
  MasterPlaylist playlist_;
  std::vector<std::string> audio_groups_; ///< one for each variant; empty: none
  std::set<std::string, std::less<>> groups_apart_;
  std::optional<Pending> pending_;
};

} // namespace

tl::expected<MasterPlaylist, PlaylistError> parse_master_playlist(std::string_view text,
                                                                  const std::string& base_uri) {
  Parser parser(base_uri);
  Lines lines(text);
  while (auto line = lines.next()) {
    if (auto problem = parser.line(*line))
      return tl::unexpected(*problem);
  }
  return parser.finish();
}

bool Variant::audio_only() const {
  const auto all = split_codecs(codecs);
  return width == 0 && !all.empty() && std::all_of(all.begin(), all.end(), is_sound_codec);
}

std::optional<Unsupported> unsupported(const Variant& variant) {
  if (variant.separate_audio)
    return Unsupported{
        "This stream has its sound in a playlist of its own, which is not played yet."};
  return std::nullopt;
}

} // namespace p2plive::media
