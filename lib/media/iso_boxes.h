// The boxes that ISO base media files are made of (ISO/IEC 14496-12, 4.2). Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::media {

/// Four characters as a box's type is written, big-endian.
enum class BoxType : std::uint32_t {};

consteval BoxType box_type(const char (&name)[5]) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<std::uint8_t>(name[i]);
  return BoxType{value};
}

struct Box {
  BoxType type{};
  std::span<const std::uint8_t> body; ///< after its header; only what is there of it
};

/// Goes through the boxes that lie one behind the other, in a file or in a box. One whose size can
/// not be is the end; one that is larger than what it lies in ends where that ends.
class Boxes {
public:
  explicit Boxes(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  std::optional<Box> next();

private:
  std::span<const std::uint8_t> rest_;
};

/// The body of the first box of this type.
std::optional<std::span<const std::uint8_t>> find_box(std::span<const std::uint8_t> bytes,
                                                      BoxType type);

} // namespace p2plive::media
