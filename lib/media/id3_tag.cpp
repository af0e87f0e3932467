// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/id3_tag.h"

#include "media/big_endian.h"

#include <algorithm>

namespace p2plive::media {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header_size = 10; ///< of a tag, of its footer, and of a frame

constexpr std::uint8_t tag_unsynchronised = 0x80;
constexpr std::uint8_t tag_has_extended_header = 0x40;
constexpr std::uint8_t tag_has_footer = 0x10; ///< 2.4 only

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// 28 bits in four bytes whose highest bits are clear, so that nothing looks like audio.
std::optional<std::uint32_t> read_synchsafe(Bytes bytes, std::size_t offset) {
  auto raw = read_big_endian<std::uint32_t>(bytes, offset);
  if (!raw || *raw & 0x80808080)
    return std::nullopt;
  return (*raw & 0x7f) | (*raw & 0x7f00) >> 1 | (*raw & 0x7f0000) >> 2 | (*raw & 0x7f000000) >> 3;
}

/// Undoes the unsynchronisation: a zero was put behind every 0xff.
std::vector<std::uint8_t> synchronised(Bytes bytes) {
  std::vector<std::uint8_t> result;
  result.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 0 || bytes[i] != 0 || bytes[i - 1] != 0xff)
      result.push_back(bytes[i]);
  }
  return result;
}

/// Its size counts itself in 2.4, and does not in 2.3. None: it does not fit.
std::optional<Bytes> after_extended_header(Bytes body, int version) {
  auto size = version == 4 ? read_synchsafe(body, 0) : read_big_endian<std::uint32_t>(body, 0);
  if (!size)
    return std::nullopt;
  auto whole = std::uint64_t{*size} + (version == 4 ? 0 : 4);
  if (whole > body.size())
    return std::nullopt;
  return body.subspan(static_cast<std::size_t>(whole));
}

struct Frame {
  std::string_view id;
  Bytes content;               ///< empty: it cannot be read
  bool unsynchronised = false; ///< it alone; 2.4 only
};

/// Content after what the flags in a frame header's last byte put before it.
Bytes readable(Bytes content, std::uint8_t flags, int version) {
  bool opaque = flags & (version == 4 ? 0x0c : 0xc0); // compressed or encrypted
  bool grouped = flags & (version == 4 ? 0x40 : 0x20);
  bool length_told = version == 4 && flags & 0x01;
  std::size_t before = (grouped ? 1 : 0) + (length_told ? 4 : 0);
  if (opaque || before > content.size())
    return {};
  return content.subspan(before);
}

/// The frame that `rest` begins with, which is taken off. None: padding, or no frame.
std::optional<Frame> next_frame(Bytes& rest, int version) {
  if (rest.size() < header_size || rest[0] == 0)
    return std::nullopt;
  auto size = version == 4 ? read_synchsafe(rest, 4) : read_big_endian<std::uint32_t>(rest, 4);
  if (!size || *size > rest.size() - header_size)
    return std::nullopt;
  Frame frame;
  frame.id = as_text(rest.first(4));
  frame.content = readable(rest.subspan(header_size, *size), rest[9], version);
  frame.unsynchronised = version == 4 && rest[9] & 0x02;
  rest = rest.subspan(header_size + *size);
  return frame;
}

/// A PRIV frame is its owner, a zero, and anything.
bool belongs_to(const Frame& frame, std::string_view owner) {
  auto text = as_text(frame.content);
  return frame.id == "PRIV" && text.size() > owner.size() && text.starts_with(owner) &&
         text[owner.size()] == '\0';
}

std::optional<std::vector<std::uint8_t>> find_private(Bytes frames, int version,
                                                      bool unsynchronised, std::string_view owner) {
  while (auto frame = next_frame(frames, version)) {
    if (!belongs_to(*frame, owner))
      continue;
    auto content = frame->content.subspan(owner.size() + 1);
    if (unsynchronised || frame->unsynchronised)
      return synchronised(content);
    return std::vector<std::uint8_t>(content.begin(), content.end());
  }
  return std::nullopt;
}

} // namespace

std::optional<std::size_t> id3_tag_size(Bytes bytes) {
  if (bytes.size() < header_size || as_text(bytes.first(3)) != "ID3" || bytes[3] == 0xff ||
      bytes[4] == 0xff)
    return std::nullopt;
  auto size = read_synchsafe(bytes, 6);
  if (!size)
    return std::nullopt;
  bool footer = bytes[3] == 4 && bytes[5] & tag_has_footer;
  return header_size + *size + (footer ? header_size : 0);
}

std::optional<std::vector<std::uint8_t>> find_id3_private(Bytes bytes, std::string_view owner) {
  auto size = id3_tag_size(bytes);
  if (!size || bytes[3] < 3 || bytes[3] > 4)
    return std::nullopt;
  int version = bytes[3];
  auto flags = bytes[5];
  auto body = bytes.first(std::min({*size, bytes.size(), id3_search_size})).subspan(header_size);
  bool unsynchronised = flags & tag_unsynchronised;
  // In 2.3 the scheme is laid over the whole tag and sizes count without it; in 2.4 over each
  // frame, and sizes count with it.
  std::vector<std::uint8_t> undone;
  if (unsynchronised && version == 3) {
    undone = synchronised(body);
    body = undone;
    unsynchronised = false;
  }
  std::optional<Bytes> frames = body;
  if (flags & tag_has_extended_header)
    frames = after_extended_header(body, version);
  if (!frames)
    return std::nullopt;
  return find_private(*frames, version, unsynchronised, owner);
}

} // namespace p2plive::media
