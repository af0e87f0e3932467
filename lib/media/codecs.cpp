// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/codecs.h"

#include <algorithm>
#include <iterator>

namespace p2plive::media {

namespace {

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

std::vector<std::string_view> split_codecs(std::string_view list) {
  std::vector<std::string_view> codecs;
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (auto codec = trimmed(list.substr(0, comma)); !codec.empty())
      codecs.push_back(codec);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return codecs;
}

bool is_sound_codec(std::string_view codec) {
  static constexpr std::string_view sounds[] = {"mp4a", "ac-3", "ec-3", "ac-4", "opus",
                                                "Opus", "flac", "fLaC", "alac", "mp3"};
  return std::any_of(std::begin(sounds), std::end(sounds),
                     [&](auto name) { return codec.starts_with(name); });
}

} // namespace p2plive::media
