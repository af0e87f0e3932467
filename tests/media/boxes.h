// Boxes of fragmented MP4 (ISO/IEC 14496-12) put together by hand.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bytes.h"

inline Bytes box(std::string_view type, const Bytes& body) {
  return number(8 + body.size(), 4) + text(type) + body;
}

/// A number behind version, flags and two dates, as in tkhd and mdhd; more follows. The dates have
/// 32 bits in version 0, 64 in later ones.
inline Bytes after_dates(int version, std::uint32_t value) {
  return number(static_cast<std::uint64_t>(version) << 24, 4) + Bytes(version == 0 ? 8 : 16) +
         number(value, 4) + Bytes(8);
}

inline Bytes hdlr(std::string_view handler) {
  return box("hdlr", Bytes(8) + text(handler) + Bytes(13));
}

inline Bytes trak(std::uint32_t id, std::uint32_t timescale, std::string_view handler,
                  int version = 0) {
  return box("trak", box("tkhd", after_dates(version, id)) +
                         box("mdia", box("mdhd", after_dates(version, timescale)) + hdlr(handler)));
}

inline Bytes init_section(const Bytes& traks) {
  return box("ftyp", text("iso6") + Bytes(4)) + box("moov", box("mvhd", Bytes(100)) + traks);
}

/// A tfdt of version 1 has 64 bits, of another 32.
inline Bytes tfdt(std::uint64_t time, int version = 1) {
  return box("tfdt", number(static_cast<std::uint64_t>(version) << 24, 4) +
                         number(time, version == 1 ? 8 : 4));
}

inline Bytes tfhd(std::uint32_t track) {
  return box("tfhd", Bytes{0, 2, 0, 0} + number(track, 4));
}

inline Bytes traf(std::uint32_t track, std::uint64_t time, int version = 1) {
  return box("traf", tfhd(track) + tfdt(time, version) + box("trun", Bytes(8)));
}

inline Bytes moof(const Bytes& trafs) {
  return box("moof", box("mfhd", Bytes(8)) + trafs);
}
