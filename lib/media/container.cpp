// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/container.h"

#include "media/packed_audio_probe.h"
#include "media/ts_probe.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace p2plive::media {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_iso_bmff(Bytes bytes) {
  static constexpr std::array<std::string_view, 10> boxes = {
      "ftyp", "styp", "moov", "moof", "sidx", "emsg", "prft", "mdat", "free", "skip"};
  if (bytes.size() < 8)
    return false;
  return std::find(boxes.begin(), boxes.end(), as_text(bytes).substr(4, 4)) != boxes.end();
}

bool is_packed_audio(Bytes bytes) {
  auto text = as_text(bytes);
  // The syncword of AC-3 stands for itself: which of the two codecs it is, later bytes tell.
  return text.starts_with("ID3") || text.starts_with("\x0b\x77") ||
         probe_audio_frame(bytes) != AudioCodec::unknown;
}

bool is_html(Bytes bytes) {
  auto text = as_text(bytes);
  if (text.substr(0, 3) == "\xef\xbb\xbf")
    text.remove_prefix(3);
  auto start = text.find_first_not_of(" \t\r\n");
  if (start == text.npos || text[start] != '<' || start + 1 >= text.size())
    return false;
  char next = text[start + 1];
  return next == '!' || next == '?' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

} // namespace

Container sniff_container(Bytes first_bytes) {
  if (is_iso_bmff(first_bytes))
    return Container::iso_bmff;
  if (is_packed_audio(first_bytes))
    return Container::packed_audio;
  if (is_html(first_bytes))
    return Container::html;
  if (looks_like_ts(first_bytes))
    return Container::mpeg_ts;
  return Container::unknown;
}

} // namespace p2plive::media
