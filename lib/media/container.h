// What kind of bytes a segment begins with: told from the bytes, since servers' content types lie.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>

namespace p2plive::media {

enum class Container {
  unknown,
  mpeg_ts,
  iso_bmff,     ///< fragmented MP4
  packed_audio, ///< ID3, ADTS AAC, MP3, AC-3 (RFC 8216, 3.4)
  html,         ///< an error page instead of media
};

/// Looks at the first bytes; 1 KiB is enough. Safe on any bytes, on few and on none.
Container sniff_container(std::span<const std::uint8_t> first_bytes);

} // namespace p2plive::media
