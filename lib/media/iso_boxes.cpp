// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/iso_boxes.h"

#include "media/big_endian.h"

#include <algorithm>
#include <utility>

namespace p2plive::media {

namespace {

constexpr std::uint32_t to_the_end = 0;
constexpr std::uint32_t size_in_64_bits = 1;

struct Header {
  std::uint64_t size = 0; ///< of the box, with its header
  std::size_t length = 0; ///< of the header
  BoxType type{};
};

std::optional<Header> read_header(std::span<const std::uint8_t> bytes) {
  auto size = read_big_endian<std::uint32_t>(bytes, 0);
  auto type = read_big_endian<std::uint32_t>(bytes, 4);
  if (!size || !type)
    return std::nullopt;
  Header header{*size, 8, BoxType{*type}};
  if (*size == to_the_end)
    header.size = bytes.size();
  if (*size == size_in_64_bits) {
    auto large = read_big_endian<std::uint64_t>(bytes, header.length);
    if (!large)
      return std::nullopt;
    header.size = *large;
    header.length += 8;
  }
  if (header.size < header.length)
    return std::nullopt;
  return header;
}

} // namespace

std::optional<Box> Boxes::next() {
  auto bytes = std::exchange(rest_, {});
  auto header = read_header(bytes);
  if (!header)
    return std::nullopt;
  auto size = static_cast<std::size_t>(std::min<std::uint64_t>(header->size, bytes.size()));
  rest_ = bytes.subspan(size);
  return Box{header->type, bytes.first(size).subspan(header->length)};
}

std::optional<std::span<const std::uint8_t>> find_box(std::span<const std::uint8_t> bytes,
                                                      BoxType type) {
  Boxes boxes(bytes);
  while (auto box = boxes.next()) {
    if (box->type == type)
      return box->body;
  }
  return std::nullopt;
}

} // namespace p2plive::media
