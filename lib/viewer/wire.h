// Between the core's terms and FlatBuffers: ids, the version, and verification before any reading.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "schemas/common_generated.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace p2plive::viewer {

using Bytes = std::vector<std::uint8_t>;

/// Of the services' messages and of signalling.
inline constexpr std::uint16_t wire_major = 1;
inline constexpr std::uint16_t wire_minor = 0;

inline wire::ProtocolVersion wire_version() {
  return {wire_major, wire_minor};
}

/// A message that names no version is taken for one of version 1.
inline bool speaks_our_version(const wire::ProtocolVersion* theirs) {
  return !theirs || theirs->major() == wire_major;
}

template <typename Wire, typename Id>
Wire to_wire(const Id& id) {
  return Wire(flatbuffers::span<const std::uint8_t, 16>(id.bytes.data(), id.bytes.size()));
}

template <typename Id, typename Wire>
Id from_wire(const Wire& wire) {
  Id id;
  std::copy_n(wire.bytes()->data(), id.bytes.size(), id.bytes.begin());
  return id;
}

/// Null: not a `Table`, or too long. `bytes` must be aligned as a vector's are.
template <typename Table>
const Table* verified(std::span<const std::uint8_t> bytes, std::size_t longest,
                      const char* identifier = nullptr) {
  if (bytes.size() < 8 || bytes.size() > longest)
    return nullptr;
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 8, 1024);
  if (!verifier.VerifyBuffer<Table>(identifier))
    return nullptr;
  return flatbuffers::GetRoot<Table>(bytes.data());
}

inline Bytes to_bytes(const flatbuffers::FlatBufferBuilder& builder) {
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

} // namespace p2plive::viewer
