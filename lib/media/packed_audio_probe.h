// What a segment of packed audio holds and when it begins (RFC 8216, 3.4): ID3 tags, then the bare
// frames of one codec. Pure functions; safe on any bytes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media/timestamp.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::media {

/// ID3 tags before the audio that are passed over at most.
inline constexpr std::size_t max_id3_tags = 8;

enum class AudioCodec {
  unknown, ///< or its first frame lies behind the bytes given
  aac,     ///< in ADTS frames
  mpeg_layer_1,
  mpeg_layer_2,
  mp3, ///< MPEG audio layer 3
  ac3,
  eac3,
};

struct PackedAudio {
  AudioCodec codec = AudioCodec::unknown;
  std::optional<Ticks33> timestamp; ///< of its first sample; none: no tag tells
  std::uint64_t tags_size = 0;      ///< bytes before the audio; may be more than were given
  bool operator==(const PackedAudio&) const = default;
};

PackedAudio probe_packed_audio(std::span<const std::uint8_t> first_bytes);

/// The codec of the frame that `bytes` begin with.
AudioCodec probe_audio_frame(std::span<const std::uint8_t> bytes);

} // namespace p2plive::media
