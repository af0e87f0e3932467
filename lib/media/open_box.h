// Where in the boxes of an ISO base media file its bytes have come to.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/iso_boxes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace p2plive::media {

/// Follows the bytes of a segment as they pass, from the beginning of a box on.
class OpenBox {
public:
  void pass(std::span<const std::uint8_t> bytes);
  /// Bytes that the media data (mdat) under way lack; 0: none are, or their size is not known.
  std::uint64_t media_lacking() const { return type_ == box_type("mdat") ? left_ : 0; }

private:
  /// Takes the header's next bytes; returns how many.
  std::size_t read_header(std::span<const std::uint8_t> bytes);

  std::array<std::uint8_t, 16> header_{};
  std::size_t known_ = 0; ///< bytes of the header
  BoxType type_{};
  std::uint64_t left_ = 0; ///< bytes of the box under way, behind its header
  bool lost_ = false;      ///< there was a size that can not be, or that only the end tells
};

} // namespace p2plive::media
