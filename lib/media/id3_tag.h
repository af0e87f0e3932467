// ID3v2 tags (id3.org: ID3v2.3.0, ID3v2.4.0), as far as packed audio needs them. Pure functions;
// safe on any bytes. Internal to lib/media.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace p2plive::media {

/// Bytes of a tag that are searched at most, and so the most that is copied.
inline constexpr std::size_t id3_search_size = 1u << 16;

/// The whole size of the tag that `bytes` begin with, with header and footer; it may be more than
/// there is. None: no tag.
std::optional<std::size_t> id3_tag_size(std::span<const std::uint8_t> bytes);

/// What the first PRIV frame of `owner` holds, in the tag that `bytes` begin with. Versions 2.3 and
/// 2.4 (2.2 has no such frame). Frames that are compressed, encrypted or cut off are not read.
std::optional<std::vector<std::uint8_t>> find_id3_private(std::span<const std::uint8_t> bytes,
                                                          std::string_view owner);

} // namespace p2plive::media
