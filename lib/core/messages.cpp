// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"

#include "schemas/peer_generated.h"

#include <algorithm>
#include <cstring>

namespace p2plive::core {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

wire::PeerId to_wire(const PeerId& id) {
  return wire::PeerId(flatbuffers::make_span(id.bytes));
}

wire::Rid to_wire(const Rid& id) {
  return wire::Rid(flatbuffers::make_span(id.bytes));
}

Offset<wire::Object> object(FlatBufferBuilder& builder, const ObjectName& name) {
  return wire::CreateObject(builder, wire::ObjectKind::Segment, number(name.sn), 0,
                            static_cast<std::uint64_t>(name.version));
}

/// Encodes each kind of message as the union's member.
struct Encoder {
  FlatBufferBuilder& builder;
  wire::PeerBody kind{};

  Offset<void> operator()(const HandshakeMessage& m) {
    kind = wire::PeerBody::Handshake;
    wire::ProtocolVersion version(m.major, m.minor);
    auto rid = to_wire(m.rid);
    auto peer = to_wire(m.peer);
    auto agent = builder.CreateString("p2plive");
    return wire::CreateHandshake(builder, &version, &rid, &peer, m.chunk_size, agent, m.uploads,
                                 m.uplink, m.reach)
        .Union();
  }
  Offset<void> operator()(const HaveMessage& m) {
    kind = wire::PeerBody::Have;
    std::vector<Offset<wire::ObjectHave>> objects;
    for (const auto& have : m.objects) {
      auto ranges = builder.CreateVectorOfStructs<wire::ChunkRange>(
          have.chunks.size(), [&](std::size_t i, wire::ChunkRange* range) {
            *range = wire::ChunkRange(have.chunks[i].first, have.chunks[i].count);
          });
      auto name = object(builder, have.object);
      objects.push_back(wire::CreateObjectHave(builder, name, have.size, ranges));
    }
    auto all = objects.empty() ? 0 : builder.CreateVector(objects);
    auto gains = m.gains.empty() ? 0
                                 : builder.CreateVectorOfStructs<wire::Gain>(
                                       m.gains.size(), [&](std::size_t i, wire::Gain* gain) {
                                         *gain = wire::Gain(number(m.gains[i].sn), m.gains[i].first,
                                                            m.gains[i].bits);
                                       });
    return wire::CreateHave(builder, all, number(m.oldest), number(m.newest_listed), m.uplink,
                            m.reach, gains)
        .Union();
  }
  Offset<void> operator()(const NewsMessage& m) {
    kind = wire::PeerBody::News;
    wire::Gain gain(number(m.gain.sn), m.gain.first, m.gain.bits);
    return wire::CreateNews(builder, &gain).Union();
  }
  Offset<void> operator()(const RequestMessage& m) {
    kind = wire::PeerBody::Request;
    auto name = object(builder, m.chunk.object);
    return wire::CreateRequest(builder, name, number(m.chunk.chunk),
                               static_cast<std::uint32_t>(m.deadline.count()), m.others)
        .Union();
  }
  Offset<void> operator()(const CancelMessage& m) {
    kind = wire::PeerBody::Cancel;
    auto name = object(builder, m.chunk.object);
    return wire::CreateCancel(builder, name, number(m.chunk.chunk)).Union();
  }
  Offset<void> operator()(const PieceMessage& m) {
    kind = wire::PeerBody::Piece;
    auto name = object(builder, m.chunk.object);
    return wire::CreatePiece(builder, name, number(m.chunk.chunk),
                             static_cast<std::uint32_t>(m.payload.size()))
        .Union();
  }
  Offset<void> operator()(const BusyMessage& m) {
    kind = wire::PeerBody::Busy;
    auto name = object(builder, m.chunk.object);
    return wire::CreateBusy(builder, name, number(m.chunk.chunk),
                            static_cast<std::uint32_t>(m.retry_after.count()), m.gone)
        .Union();
  }
  Offset<void> operator()(const ByeMessage& m) {
    kind = wire::PeerBody::Bye;
    auto reason = builder.CreateString(m.reason);
    return wire::CreateBye(builder, reason).Union();
  }
  Offset<void> operator()(const UnknownMessage&) { return {}; }
};

std::optional<ChunkName> chunk_name(const wire::Object* object, std::uint32_t chunk) {
  if (!object || object->kind() != wire::ObjectKind::Segment || chunk >= chunk_count(1u << 30))
    return {};
  return ChunkName{{SequenceNumber{object->sequence_number()}, Version{object->version()}},
                   ChunkIndex{chunk}};
}

std::optional<PeerMessage> decode_handshake(const wire::Handshake& m, std::string& reason) {
  HandshakeMessage out;
  if (!m.version()) {
    reason = "handshake without a version";
    return {};
  }
  out.major = m.version()->major();
  out.minor = m.version()->minor();
  if (out.major != protocol_major)
    return out;
  if (!m.rid() || !m.peer_id()) {
    reason = "handshake without a resource or a peer id";
    return {};
  }
  std::copy_n(m.rid()->bytes()->begin(), 16, out.rid.bytes.begin());
  std::copy_n(m.peer_id()->bytes()->begin(), 16, out.peer.bytes.begin());
  out.chunk_size = m.chunk_size();
  out.uploads = m.uploads();
  out.uplink = m.uplink();
  out.reach = m.reach();
  return out;
}

std::optional<PeerMessage> decode_have(const wire::Have& m, std::string& reason) {
  HaveMessage out;
  out.oldest = SequenceNumber{m.oldest()};
  out.newest_listed = SequenceNumber{m.newest_listed()};
  out.uplink = m.uplink();
  out.reach = m.reach();
  std::size_t ranges = 0;
  if (m.objects() && m.objects()->size() > max_have_objects) {
    reason = "too many objects in a have";
    return {};
  }
  // How many there can be the largest envelope bounds.
  if (m.gains())
    for (const auto* gain : *m.gains())
      out.gains.push_back({SequenceNumber{gain->sequence_number()}, gain->first(), gain->bits()});
  if (!m.objects())
    return out;
  for (const auto* have : *m.objects()) {
    auto name = chunk_name(have->object(), 0);
    if (!name)
      continue;
    // Before anything is made of that size.
    if (have->size() > max_segment_size) {
      reason = "a have names a segment larger than any can be";
      return {};
    }
    ObjectHave object{name->object, have->size(), {}};
    if (have->chunks())
      for (const auto* range : *have->chunks()) {
        if (++ranges > max_have_ranges ||
            std::uint64_t{range->first()} + range->count() > chunk_count(object.size)) {
          reason = "a have names chunks that cannot be";
          return {};
        }
        object.chunks.push_back({range->first(), range->count()});
      }
    out.objects.push_back(std::move(object));
  }
  return out;
}

std::optional<PeerMessage> decode_piece(const wire::Piece& m, std::span<const std::uint8_t> payload,
                                        std::string& reason) {
  auto name = chunk_name(m.object(), m.chunk());
  if (!name || m.size() != payload.size() || payload.empty() || payload.size() > chunk_size) {
    reason = "a piece whose size is not what it says";
    return {};
  }
  return PieceMessage{*name, payload};
}

} // namespace

std::vector<std::uint8_t> encode(const PeerMessage& message) {
  FlatBufferBuilder builder(256);
  Encoder encoder{builder};
  auto body = std::visit(encoder, message);
  wire::FinishSizePrefixedPeerMessageBuffer(builder,
                                            wire::CreatePeerMessage(builder, encoder.kind, body));
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

std::optional<PeerMessage> decode(std::span<const std::uint8_t> bytes, std::string& reason) {
  reason = "not a message of this protocol";
  if (bytes.size() < sizeof(flatbuffers::uoffset_t))
    return {};
  auto size = sizeof(flatbuffers::uoffset_t) +
              std::size_t{flatbuffers::ReadScalar<flatbuffers::uoffset_t>(bytes.data())};
  if (size > bytes.size() || size > max_envelope)
    return {};
  flatbuffers::Verifier verifier(bytes.data(), size, 8, 4 * max_have_objects + 16);
  if (!wire::VerifySizePrefixedPeerMessageBuffer(verifier))
    return {};
  const auto* message = flatbuffers::GetSizePrefixedRoot<wire::PeerMessage>(bytes.data());
  auto payload = bytes.subspan(size);
  if (!message->body() || (!payload.empty() && message->body_type() == wire::PeerBody::NONE))
    return {};
  switch (message->body_type()) {
  case wire::PeerBody::Handshake:
    return decode_handshake(*message->body_as_Handshake(), reason);
  case wire::PeerBody::Have:
    return decode_have(*message->body_as_Have(), reason);
  case wire::PeerBody::News: {
    const auto* gain = message->body_as_News()->gain();
    if (!gain)
      return {};
    return NewsMessage{{SequenceNumber{gain->sequence_number()}, gain->first(), gain->bits()}};
  }
  case wire::PeerBody::Piece:
    return decode_piece(*message->body_as_Piece(), payload, reason);
  case wire::PeerBody::Request: {
    const auto* m = message->body_as_Request();
    if (auto name = chunk_name(m->object(), m->chunk()))
      return RequestMessage{*name, std::chrono::milliseconds(m->deadline_ms()), m->others()};
    return {};
  }
  case wire::PeerBody::Cancel: {
    const auto* m = message->body_as_Cancel();
    if (auto name = chunk_name(m->object(), m->chunk()))
      return CancelMessage{*name};
    return {};
  }
  case wire::PeerBody::Busy: {
    const auto* m = message->body_as_Busy();
    if (auto name = chunk_name(m->object(), m->chunk()))
      return BusyMessage{*name, std::chrono::milliseconds(m->retry_after_ms()), m->gone()};
    return {};
  }
  case wire::PeerBody::Bye: {
    const auto* text = message->body_as_Bye()->reason();
    return ByeMessage{text ? text->str().substr(0, max_text) : std::string()};
  }
  default:
    return message->body_type() == wire::PeerBody::NONE
               ? std::nullopt
               : std::optional<PeerMessage>(UnknownMessage{});
  }
}

} // namespace p2plive::core
