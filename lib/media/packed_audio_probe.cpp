// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/packed_audio_probe.h"

#include "media/big_endian.h"
#include "media/id3_tag.h"

#include <algorithm>

namespace p2plive::media {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view timestamp_owner = "com.apple.streaming.transportStreamTimestamp";

/// Eight octets, of which the lower 33 bits count; the others should be zero.
std::optional<Ticks33> read_timestamp(Bytes tag) {
  auto content = find_id3_private(tag, timestamp_owner);
  if (!content || content->size() != sizeof(std::uint64_t))
    return std::nullopt;
  return Ticks33{*read_big_endian<std::uint64_t>(*content, 0) % ticks33_modulus};
}

/// ISO/IEC 13818-7, 6.2. Its sampling frequency must be one of the thirteen.
bool is_adts(Bytes bytes) {
  return bytes[0] == 0xff && (bytes[1] & 0xf6) == 0xf0 && (bytes[2] & 0x3c) >> 2 < 13;
}

/// ISO/IEC 11172-3, 2.4.1.3. Version, layer, bit rate and sampling frequency must not be reserved.
bool is_mpeg_audio(Bytes bytes) {
  return bytes[0] == 0xff && (bytes[1] & 0xe0) == 0xe0 && (bytes[1] & 0x18) != 0x08 &&
         (bytes[1] & 0x06) != 0 && (bytes[2] & 0xf0) != 0xf0 && (bytes[2] & 0x0c) != 0x0c;
}

AudioCodec mpeg_layer(Bytes bytes) {
  switch (bytes[1] & 0x06) {
  case 0x06:
    return AudioCodec::mpeg_layer_1;
  case 0x04:
    return AudioCodec::mpeg_layer_2;
  default:
    return AudioCodec::mp3;
  }
}

/// Both have the syncword and, 40 bits in, the bsid (ETSI TS 102 366, 4.4.1.3 and E.1.3.1.6): up to
/// 8 for AC-3, 9 and 10 for its lower sampling frequencies, 11 to 16 for E-AC-3.
AudioCodec dolby_digital(Bytes bytes) {
  auto bsid = bytes[5] >> 3;
  if (bsid <= 10)
    return AudioCodec::ac3;
  return bsid <= 16 ? AudioCodec::eac3 : AudioCodec::unknown;
}

} // namespace

AudioCodec probe_audio_frame(Bytes bytes) {
  if (bytes.size() >= 4 && is_adts(bytes))
    return AudioCodec::aac;
  if (bytes.size() >= 4 && is_mpeg_audio(bytes))
    return mpeg_layer(bytes);
  if (bytes.size() >= 6 && bytes[0] == 0x0b && bytes[1] == 0x77)
    return dolby_digital(bytes);
  return AudioCodec::unknown;
}

PackedAudio probe_packed_audio(Bytes first_bytes) {
  PackedAudio found;
  auto rest = first_bytes;
  for (std::size_t tags = 0; tags < max_id3_tags; ++tags) {
    auto size = id3_tag_size(rest);
    if (!size)
      break;
    if (!found.timestamp)
      found.timestamp = read_timestamp(rest);
    found.tags_size += *size;
    rest = rest.subspan(std::min(*size, rest.size()));
  }
  found.codec = probe_audio_frame(rest);
  return found;
}

} // namespace p2plive::media
