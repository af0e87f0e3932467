// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/signal.h"

#include "schemas/signalling_generated.h"

namespace p2plive::viewer {

namespace {

namespace fb = flatbuffers;

constexpr std::size_t longest_sdp = 12 << 10;
constexpr std::size_t longest_candidate = 256;
constexpr std::size_t most_candidates = 32;
constexpr std::size_t longest_reason = 256;

wire::SignalKind to_wire_kind(Signal::Kind kind) {
  switch (kind) {
  case Signal::Kind::offer:
    return wire::SignalKind::Offer;
  case Signal::Kind::answer:
    return wire::SignalKind::Answer;
  case Signal::Kind::candidates:
    return wire::SignalKind::Candidates;
  case Signal::Kind::refuse:
    break;
  }
  return wire::SignalKind::Refuse;
}

std::optional<Signal::Kind> from_wire_kind(wire::SignalKind kind) {
  switch (kind) {
  case wire::SignalKind::Offer:
    return Signal::Kind::offer;
  case wire::SignalKind::Answer:
    return Signal::Kind::answer;
  case wire::SignalKind::Candidates:
    return Signal::Kind::candidates;
  case wire::SignalKind::Refuse:
    return Signal::Kind::refuse;
  }
  return {}; // a newer viewer's
}

/// False: too many or too long.
bool read_texts(const wire::Signal& wire, Signal& signal) {
  if (auto* sdp = wire.sdp())
    signal.sdp = sdp->str();
  if (auto* reason = wire.reason())
    signal.reason = reason->str().substr(0, longest_reason);
  if (auto* candidates = wire.candidates()) {
    if (candidates->size() > most_candidates)
      return false;
    for (auto* candidate : *candidates) {
      if (candidate->size() > longest_candidate)
        return false;
      signal.candidates.push_back(candidate->str());
    }
  }
  return signal.sdp.size() <= longest_sdp;
}

} // namespace

Bytes encode(const Signal& signal) {
  fb::FlatBufferBuilder builder;
  auto version = wire_version();
  auto rid = to_wire<wire::Rid>(signal.rid);
  auto from = to_wire<wire::PeerId>(signal.from);
  auto to = to_wire<wire::PeerId>(signal.to);
  auto text = [&](const std::string& value) {
    return value.empty() ? fb::Offset<fb::String>() : builder.CreateString(value);
  };
  auto sdp = text(signal.sdp);
  auto reason = text(signal.reason);
  fb::Offset<fb::Vector<fb::Offset<fb::String>>> candidates;
  if (!signal.candidates.empty())
    candidates = builder.CreateVectorOfStrings(signal.candidates);
  builder.Finish(wire::CreateSignal(builder, &version, to_wire_kind(signal.kind), &rid, &from, &to,
                                    signal.session, sdp, candidates, reason),
                 wire::SignalIdentifier());
  return to_bytes(builder);
}

std::optional<Signal> decode_signal(std::span<const std::uint8_t> payload) {
  if (payload.size() > longest_signal)
    return {};
  Bytes aligned(payload.begin(), payload.end());
  auto* wire = verified<wire::Signal>(aligned, longest_signal, wire::SignalIdentifier());
  if (!wire || !speaks_our_version(wire->version()))
    return {};
  if (!wire->rid() || !wire->from() || !wire->to())
    return {};
  auto kind = from_wire_kind(wire->kind());
  Signal signal;
  if (!kind || !read_texts(*wire, signal))
    return {};
  bool describes = *kind == Signal::Kind::offer || *kind == Signal::Kind::answer;
  if (describes && signal.sdp.empty())
    return {};
  signal.kind = *kind;
  signal.rid = from_wire<core::Rid>(*wire->rid());
  signal.from = from_wire<core::PeerId>(*wire->from());
  signal.to = from_wire<core::PeerId>(*wire->to());
  signal.session = wire->session();
  return signal;
}

std::string inbox_of(const core::PeerId& peer) {
  return "p2plive/v1/inbox/" + peer.to_hex();
}

} // namespace p2plive::viewer
