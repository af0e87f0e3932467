// Requests as viewers write them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "schemas/cps_generated.h"
#include "schemas/index_generated.h"
#include "schemas/tracker_generated.h"
#include "service/wire.h"

#include <string>

namespace requests {

using p2plive::service::Bytes;
namespace service = p2plive::service;
namespace wire = p2plive::wire;

template <typename Id>
Id id(std::uint32_t number) {
  Id result;
  for (int i = 0; i < 4; ++i)
    result.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return result;
}
inline service::PeerId peer(std::uint32_t number) {
  return id<service::PeerId>(number);
}
inline service::Rid rid(std::uint32_t number) {
  return id<service::Rid>(number);
}

inline Bytes bytes(const flatbuffers::FlatBufferBuilder& builder) {
  return service::reply(builder).body;
}

inline Bytes index(std::uint16_t major = 1) {
  flatbuffers::FlatBufferBuilder builder;
  wire::ProtocolVersion version(major, 0);
  builder.Finish(wire::CreateIndexRequest(builder, &version, builder.CreateString("test")));
  return bytes(builder);
}

inline Bytes cps(const std::string& uri, std::uint16_t major = 1) {
  flatbuffers::FlatBufferBuilder builder;
  wire::ProtocolVersion version(major, 7);
  builder.Finish(wire::CreateCpsRequest(builder, &version, builder.CreateString(uri)));
  return bytes(builder);
}

struct AnnounceFields {
  std::uint32_t rid = 1;
  std::uint32_t peer = 1;
  wire::AnnounceEvent event = wire::AnnounceEvent::Started;
  std::uint16_t want = 30;
  std::uint16_t free_slots = 10;
  std::uint16_t connected = 0;
};

inline Bytes announce(const AnnounceFields& fields = {}, std::uint16_t major = 1) {
  flatbuffers::FlatBufferBuilder builder;
  wire::ProtocolVersion version(major, 0);
  auto rid_bytes = service::to_wire(rid(fields.rid));
  auto peer_bytes = service::to_wire(peer(fields.peer));
  builder.Finish(wire::CreateAnnounceRequest(builder, &version, &rid_bytes, &peer_bytes,
                                             fields.event, fields.want, fields.free_slots, 1000,
                                             fields.connected));
  return bytes(builder);
}

/// The verified root of an answer; null: it is none.
template <typename Table>
const Table* read(const Bytes& body) {
  flatbuffers::Verifier verifier(body.data(), body.size());
  return verifier.VerifyBuffer<Table>() ? flatbuffers::GetRoot<Table>(body.data()) : nullptr;
}

/// Why an answer says no; empty: it does not.
inline std::string reason(const Bytes& body) {
  auto* refusal = read<wire::Refusal>(body);
  return refusal && refusal->reason() ? refusal->reason()->str() : "";
}

} // namespace requests
