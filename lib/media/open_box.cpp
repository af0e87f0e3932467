// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/open_box.h"

#include "media/big_endian.h"

#include <algorithm>

namespace p2plive::media {

void OpenBox::pass(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty() && !lost_) {
    auto count = std::size_t(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= count;
    if (count == 0)
      count = read_header(bytes);
    bytes = bytes.subspan(count);
  }
}

std::size_t OpenBox::read_header(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t small = 8, large = 16; // ISO/IEC 14496-12, 4.2
  auto wanted = known_ < small ? small : large;
  auto count = std::min(wanted - known_, bytes.size());
  std::copy_n(bytes.begin(), count, header_.begin() + std::ptrdiff_t(known_));
  known_ += count;
  if (known_ < wanted)
    return count;
  std::uint64_t size = *read_big_endian<std::uint32_t>(header_, 0);
  if (size == 1 && known_ == small)
    return count;
  if (size == 1)
    size = *read_big_endian<std::uint64_t>(header_, small);
  lost_ = size < known_;
  type_ = BoxType{*read_big_endian<std::uint32_t>(header_, 4)};
  left_ = lost_ ? 0 : size - known_;
  known_ = 0;
  return count;
}

} // namespace p2plive::media
