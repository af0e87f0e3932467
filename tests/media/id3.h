// ID3v2 tags put together by hand.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bytes.h"

inline constexpr std::string_view timestamp_owner = "com.apple.streaming.transportStreamTimestamp";

inline Bytes synchsafe(std::size_t size) {
  return {static_cast<std::uint8_t>(size >> 21 & 0x7f),
          static_cast<std::uint8_t>(size >> 14 & 0x7f), static_cast<std::uint8_t>(size >> 7 & 0x7f),
          static_cast<std::uint8_t>(size & 0x7f)};
}

inline Bytes id3(int version, const Bytes& body, int flags = 0) {
  return text("ID3") +
         Bytes{static_cast<std::uint8_t>(version), 0, static_cast<std::uint8_t>(flags)} +
         synchsafe(body.size()) + body;
}

/// Sizes are synchsafe in 2.4 only.
inline Bytes frame(int version, std::string_view id, const Bytes& content, int flags = 0) {
  return text(id) + (version == 4 ? synchsafe(content.size()) : number(content.size(), 4)) +
         Bytes{0, static_cast<std::uint8_t>(flags)} + content;
}

inline Bytes timestamp_content(std::uint64_t ticks) {
  return text(timestamp_owner) + Bytes{0} + number(ticks, 8);
}

inline Bytes timestamp_frame(int version, std::uint64_t ticks) {
  return frame(version, "PRIV", timestamp_content(ticks));
}
