// The messages of the peer protocol as values, and their way to bytes and back.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/told_entry.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace p2plive::core {

/// Version of the peer protocol that this program speaks.
inline constexpr std::uint16_t protocol_major = 1;
inline constexpr std::uint16_t protocol_minor = 2;
/// Readers from this minor version on know entries of playlists.
inline constexpr std::uint16_t entries_since_minor = 1;
/// And from here on what is pushed.
inline constexpr std::uint16_t pushes_since_minor = 2;

/// Bounds on what a message may carry; more is a protocol error.
inline constexpr std::size_t max_envelope = 16'384;
inline constexpr std::size_t max_have_objects = 64;
inline constexpr std::size_t max_have_ranges = 1'024;
inline constexpr std::size_t max_text = 256;

struct HandshakeMessage {
  std::uint16_t major = protocol_major;
  std::uint16_t minor = protocol_minor;
  Rid rid;
  PeerId peer;
  std::uint32_t chunk_size = 0;
  bool uploads = true;
  std::uint32_t uplink = 0; ///< kbit/s; 0: not known yet
  std::uint8_t reach = 0;   ///< per cent of viewers that can be met; 0: not known yet
};

/// Chunks [first, first + count).
struct ChunkSpan {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool operator==(const ChunkSpan&) const = default;
};

struct ObjectHave {
  ObjectName object;
  std::uint64_t size = 0; ///< bytes
  std::vector<ChunkSpan> chunks;
};

/// Chunks 32 * word + i, for each bit i that is set, of a segment that an earlier have named in
/// full.
struct Gain {
  SequenceNumber sn{};
  std::uint8_t word = 0;
  std::uint32_t bits = 0;
};
static_assert(chunk_count(max_segment_size) <= 32 * 256);

struct HaveMessage {
  std::vector<ObjectHave> objects;
  SequenceNumber oldest{};
  SequenceNumber newest_listed{}; ///< that the sender knows of, wherever from
  std::uint32_t uplink = 0;       ///< kbit/s; 0: as before
  std::uint8_t reach = 0;         ///< per cent; 0: as before
  std::vector<Gain> gains;
  std::optional<ToldEntry> entry; ///< of the sender's own playlist
};

struct RequestMessage {
  ChunkName chunk;
  std::chrono::milliseconds deadline{}; ///< from receipt; 0: none
  std::uint8_t others = 0;              ///< viewers beside the asked one that are known to have it
};

struct CancelMessage {
  ChunkName chunk;
};

/// `payload` points into the message that was decoded.
struct PieceMessage {
  ChunkName chunk;
  std::span<const std::uint8_t> payload;
  bool pushed = false; ///< given unasked
};

struct BusyMessage {
  ChunkName chunk;
  std::chrono::milliseconds retry_after{};
  bool gone = false; ///< the chunk is not there (any more)
};

struct ByeMessage {
  std::string reason;
};

/// Something that a newer minor version says; to be ignored.
struct UnknownMessage {};

using PeerMessage = std::variant<HandshakeMessage, HaveMessage, RequestMessage, CancelMessage,
                                 PieceMessage, BusyMessage, ByeMessage, UnknownMessage>;

/// Bytes of a message (not of UnknownMessage); for a piece only what precedes the chunk's bytes.
std::vector<std::uint8_t> encode(const PeerMessage& message);

/// The message in these bytes, verified and within bounds. None: a protocol error, `reason` says
/// which. Objects of a kind that this version does not know are left out. A handshake of another
/// major version is returned with only its version set, for the refusal.
std::optional<PeerMessage> decode(std::span<const std::uint8_t> bytes, std::string& reason);

} // namespace p2plive::core
