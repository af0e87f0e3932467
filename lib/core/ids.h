// Names of things: viewers, resources, segments, versions, chunks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

namespace p2plive::core {

/// Sixteen opaque bytes; `Tag` keeps the kinds apart.
template <typename Tag>
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const Id128& other) const { return words() == other.words(); }
  /// In the order of the bytes: two viewers must agree on who of them is the lower.
  auto operator<=>(const Id128& other) const { return words() <=> other.words(); }

  /// As two numbers that have the order of the bytes. Ids are looked up so often that a call of
  /// memcmp() for each comparison was a quarter of a simulation's time.
  std::pair<std::uint64_t, std::uint64_t> words() const {
    auto word = [&](std::size_t at) {
      std::uint64_t value = 0;
      std::memcpy(&value, bytes.data() + at, sizeof value);
      if constexpr (std::endian::native == std::endian::little)
        value = __builtin_bswap64(value);
      return value;
    };
    return {word(0), word(8)};
  }

  /// Thirty-two lower-case hexadecimal digits.
  std::string to_hex() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(32);
    for (auto byte : bytes) {
      hex += digits[byte >> 4];
      hex += digits[byte & 15];
    }
    return hex;
  }
};

/// A viewer, for one session; drawn at random by the viewer itself.
using PeerId = Id128<struct PeerTag>;

/// Resource ID: MD5 of the StreamId.
using Rid = Id128<struct RidTag>;

/// Number of an object of the stream: the media sequence number of a segment (RFC 8216, 4.3.3.2),
/// or, above all of those, the number of an init section (core/version.h).
enum class SequenceNumber : std::uint64_t {};

inline constexpr std::uint64_t first_init_number = std::uint64_t{1} << 62;

constexpr std::uint64_t number(SequenceNumber sn) {
  return static_cast<std::uint64_t>(sn);
}
constexpr SequenceNumber next(SequenceNumber sn) {
  return SequenceNumber{number(sn) + 1};
}

constexpr bool is_init(SequenceNumber sn) {
  return number(sn) >= first_init_number;
}

/// What identifies the content of an object independently of the host that serves it.
enum class Version : std::uint64_t {};

/// Position of a chunk in its object, from 0.
enum class ChunkIndex : std::uint32_t {};

constexpr std::uint32_t number(ChunkIndex chunk) {
  return static_cast<std::uint32_t>(chunk);
}

/// Bytes in every chunk but the last of an object: 174 TS packets. A constant of the protocol's
/// major version; a message with its header stays under 64 KiB.
inline constexpr std::size_t chunk_size = 32'712;

/// Segments larger than this are refused, whoever claims them.
inline constexpr std::uint64_t max_segment_size = 64u << 20;

/// Number of chunks of an object of `size` bytes.
constexpr std::uint32_t chunk_count(std::uint64_t size) {
  return static_cast<std::uint32_t>((size + chunk_size - 1) / chunk_size);
}

/// An object of the stream in one version: a segment or an init section. Parts have their place in
/// the wire format.
struct ObjectName {
  SequenceNumber sn{};
  Version version{};
  auto operator<=>(const ObjectName&) const = default;
};

/// The full name of a chunk within a RID.
struct ChunkName {
  ObjectName object;
  ChunkIndex chunk{};
  auto operator<=>(const ChunkName&) const = default;
};

/// A transfer from the CDN, numbered by the swarm that asked for it.
enum class FetchId : std::uint64_t {};

} // namespace p2plive::core

template <typename Tag>
struct std::hash<p2plive::core::Id128<Tag>> {
  std::size_t operator()(const p2plive::core::Id128<Tag>& id) const noexcept {
    std::uint64_t halves[2]; // ids are random, any mixing will do
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    return halves[0] ^ halves[1] * 0x9e3779b97f4a7c15u;
  }
};
