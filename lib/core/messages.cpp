// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/messages.h"

#include "core/brief_have.h"
#include "core/wire_entry.h"
#include "core/wire_struct.h"

#include "schemas/peer_generated.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

using Bytes = std::vector<std::uint8_t>;
using Kind = wire::MessageKind;

wire::PeerId to_wire(const PeerId& id) {
  return wire::PeerId(flatbuffers::make_span(id.bytes));
}

wire::Rid to_wire(const Rid& id) {
  return wire::Rid(flatbuffers::make_span(id.bytes));
}

/// A table's message begins with its kind, in the place and of the width of a size prefix.
using Prefix = flatbuffers::uoffset_t;
/// Kinds from here on are no message, now or later.
constexpr std::uint8_t kinds_end = 64;

template <typename Table>
Bytes finish(FlatBufferBuilder& builder, Kind kind, Offset<Table> table) {
  builder.FinishSizePrefixed(table);
  auto* begin = builder.GetBufferPointer();
  flatbuffers::WriteScalar(begin, static_cast<Prefix>(kind));
  return {begin, begin + builder.GetSize()};
}

std::uint16_t short_number(ChunkIndex chunk) {
  return static_cast<std::uint16_t>(number(chunk));
}
static_assert(chunk_count(max_segment_size) <= 0x10000);

std::uint64_t number(Version version) {
  return static_cast<std::uint64_t>(version);
}

std::uint32_t milliseconds(std::chrono::milliseconds time) {
  return static_cast<std::uint32_t>(time.count());
}

Bytes in_full(const HaveMessage& m) {
  FlatBufferBuilder builder(1'024);
  std::vector<Offset<wire::ObjectHave>> objects;
  for (const auto& have : m.objects) {
    auto ranges = builder.CreateVectorOfStructs<wire::ChunkRange>(
        have.chunks.size(), [&](std::size_t i, wire::ChunkRange* range) {
          *range = wire::ChunkRange(have.chunks[i].first, have.chunks[i].count);
        });
    auto kind = is_init(have.object.sn) ? wire::ObjectKind::Init : wire::ObjectKind::Segment;
    objects.push_back(wire::CreateObjectHave(builder, kind, number(have.object.sn), 0,
                                             number(have.object.version), have.size, ranges));
  }
  auto all = objects.empty() ? 0 : builder.CreateVector(objects);
  auto gains = m.gains.empty() ? 0
                               : builder.CreateVectorOfStructs<wire::Gain>(
                                     m.gains.size(), [&](std::size_t i, wire::Gain* gain) {
                                       *gain = wire::Gain(m.gains[i].word, m.gains[i].bits,
                                                          number(m.gains[i].sn));
                                     });
  auto entry = m.entry ? std::optional(to_wire(*m.entry)) : std::nullopt;
  return finish(builder, Kind::Have,
                wire::CreateHave(builder, all, number(m.oldest), number(m.newest_listed), m.uplink,
                                 m.reach, gains, entry ? &*entry : nullptr));
}

/// Encodes each kind of message.
struct Encoder {
  Bytes operator()(const HandshakeMessage& m) const {
    FlatBufferBuilder builder(256);
    wire::ProtocolVersion version(m.major, m.minor);
    auto rid = to_wire(m.rid);
    auto peer = to_wire(m.peer);
    auto agent = builder.CreateString("p2plive");
    return finish(builder, Kind::Handshake,
                  wire::CreateHandshake(builder, &version, &rid, &peer, m.chunk_size, agent,
                                        m.uploads, m.uplink, m.reach));
  }
  Bytes operator()(const HaveMessage& m) const {
    auto brief = encode_brief_have(m);
    return brief ? *std::move(brief) : in_full(m);
  }
  Bytes operator()(const RequestMessage& m) const {
    const auto& [object, chunk] = m.chunk;
    return as_bytes(wire::Request(Kind::Request, m.others, short_number(chunk),
                                  milliseconds(m.deadline), number(object.sn),
                                  number(object.version)));
  }
  Bytes operator()(const CancelMessage& m) const {
    const auto& [object, chunk] = m.chunk;
    return as_bytes(
        wire::Cancel(Kind::Cancel, short_number(chunk), number(object.sn), number(object.version)));
  }
  Bytes operator()(const PieceMessage& m) const {
    const auto& [object, chunk] = m.chunk;
    return as_bytes(wire::Piece(m.pushed ? Kind::Push : Kind::Piece, sizeof(wire::Piece),
                                short_number(chunk), static_cast<std::uint32_t>(m.payload.size()),
                                number(object.sn), number(object.version)));
  }
  Bytes operator()(const BusyMessage& m) const {
    const auto& [object, chunk] = m.chunk;
    return as_bytes(wire::Busy(Kind::Busy, m.gone, short_number(chunk), milliseconds(m.retry_after),
                               number(object.sn), number(object.version)));
  }
  Bytes operator()(const ByeMessage& m) const {
    FlatBufferBuilder builder(256);
    auto reason = builder.CreateString(m.reason);
    return finish(builder, Kind::Bye, wire::CreateBye(builder, reason));
  }
  Bytes operator()(const UnknownMessage&) const { return {}; }
};

/// The chunk that a struct names, if there can be such a chunk.
template <typename Struct>
std::optional<ChunkName> chunk_name(const std::optional<Struct>& m) {
  if (!m || m->chunk() >= chunk_count(max_segment_size))
    return {};
  return ChunkName{{SequenceNumber{m->sequence_number()}, Version{m->version()}},
                   ChunkIndex{m->chunk()}};
}

/// The verified table of a message; null: it is none.
template <typename Table>
const Table* table(std::span<const std::uint8_t> bytes) {
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 8, 4 * max_have_objects + 16);
  if (bytes.size() < sizeof(Prefix) ||
      flatbuffers::ReadScalar<Prefix>(bytes.data()) != Prefix{bytes[0]} ||
      !verifier.VerifyBufferFromStart<Table>(nullptr, sizeof(Prefix)))
    return nullptr;
  return flatbuffers::GetRoot<Table>(bytes.data() + sizeof(Prefix));
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
  // How many there can be the largest envelope bounds. The verifier does not see to it that structs
  // in a vector are aligned: they are copied.
  if (m.gains())
    for (std::size_t i = 0; i < m.gains()->size(); ++i) {
      auto gain =
          *front<wire::Gain>({m.gains()->Data() + i * sizeof(wire::Gain), sizeof(wire::Gain)});
      out.gains.push_back({SequenceNumber{gain.sequence_number()}, gain.word(), gain.bits()});
    }
  if (const auto* entry = reinterpret_cast<const std::uint8_t*>(m.entry());
      entry && !(out.entry = from_wire(*front<wire::Entry>({entry, sizeof(wire::Entry)})))) {
    reason = "a have tells of a segment that cannot be";
    return {};
  }
  if (!m.objects())
    return out;
  for (const auto* have : *m.objects()) {
    auto kind = is_init(SequenceNumber{have->sequence_number()}) ? wire::ObjectKind::Init
                                                                 : wire::ObjectKind::Segment;
    if (have->kind() != kind)
      continue;
    // Before anything is made of that size.
    if (have->size() > max_segment_size) {
      reason = "a have names a segment larger than any can be";
      return {};
    }
    ObjectHave object{
        {SequenceNumber{have->sequence_number()}, Version{have->version()}}, have->size(), {}};
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

std::optional<PeerMessage> decode_piece(std::span<const std::uint8_t> bytes, std::string& reason) {
  auto m = front<wire::Piece>(bytes);
  auto name = chunk_name(m);
  if (!name || m->head() < sizeof *m || m->size() == 0 || m->size() > chunk_size ||
      m->head() + m->size() != bytes.size()) {
    reason = "a piece whose size is not what it says";
    return {};
  }
  return PieceMessage{*name, bytes.subspan(m->head()), m->kind() == Kind::Push};
}

} // namespace

std::vector<std::uint8_t> encode(const PeerMessage& message) {
  return std::visit(Encoder{}, message);
}

std::optional<PeerMessage> decode(std::span<const std::uint8_t> bytes, std::string& reason) {
  reason = "not a message of this protocol";
  if (bytes.empty() || bytes[0] == 0 || bytes[0] >= kinds_end)
    return {};
  auto kind = static_cast<Kind>(bytes[0]);
  if (kind == Kind::Piece || kind == Kind::Push)
    return decode_piece(bytes, reason);
  if (bytes.size() > max_envelope)
    return {};
  switch (kind) {
  case Kind::Handshake: {
    const auto* m = table<wire::Handshake>(bytes);
    return m ? decode_handshake(*m, reason) : std::nullopt;
  }
  case Kind::Have: {
    const auto* m = table<wire::Have>(bytes);
    return m ? decode_have(*m, reason) : std::nullopt;
  }
  case Kind::News:
  case Kind::Name:
    if (auto have = decode_brief_have(bytes, reason))
      return *std::move(have);
    return {};
  case Kind::Request: {
    auto m = front<wire::Request>(bytes);
    if (auto name = chunk_name(m))
      return RequestMessage{*name, std::chrono::milliseconds(m->deadline_ms()), m->others()};
    return {};
  }
  case Kind::Cancel:
    if (auto name = chunk_name(front<wire::Cancel>(bytes)))
      return CancelMessage{*name};
    return {};
  case Kind::Busy: {
    auto m = front<wire::Busy>(bytes);
    if (auto name = chunk_name(m))
      return BusyMessage{*name, std::chrono::milliseconds(m->retry_after_ms()), m->gone()};
    return {};
  }
  case Kind::Bye: {
    const auto* m = table<wire::Bye>(bytes);
    if (!m)
      return {};
    return ByeMessage{m->reason() ? m->reason()->str().substr(0, max_text) : std::string()};
  }
  default:
    return UnknownMessage{};
  }
}

} // namespace p2plive::core
