// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/wire.h"

#include "schemas/index_generated.h"

#include <algorithm>
#include <array>

namespace p2plive::service {
namespace {

std::array<std::uint8_t, 16> copy(const flatbuffers::Array<std::uint8_t, 16>& bytes) {
  std::array<std::uint8_t, 16> result;
  std::copy(bytes.begin(), bytes.end(), result.begin());
  return result;
}

} // namespace

Answer refuse(unsigned status, std::string_view reason,
              std::optional<std::chrono::seconds> retry_after) {
  flatbuffers::FlatBufferBuilder builder(256);
  auto text = builder.CreateString(reason.data(), reason.size());
  auto wait = retry_after ? static_cast<std::uint32_t>(retry_after->count()) : 0;
  builder.Finish(wire::CreateRefusal(builder, text, wait));
  auto answer = reply(builder);
  answer.status = status;
  answer.retry_after = retry_after;
  return answer;
}

Answer reply(const flatbuffers::FlatBufferBuilder& builder) {
  Answer answer;
  answer.body.assign(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  return answer;
}

std::optional<Answer> check_version(const wire::ProtocolVersion* version) {
  if (!version)
    return refuse(400, "the request does not say which version of the protocol it is written in");
  if (version->major() == protocol_major)
    return {};
  return refuse(426, "version " + std::to_string(version->major()) +
                         " of the protocol is not spoken here, only version " +
                         std::to_string(protocol_major));
}

Rid from_wire(const wire::Rid& rid) {
  return {copy(*rid.bytes())};
}

PeerId from_wire(const wire::PeerId& id) {
  return {copy(*id.bytes())};
}

wire::Rid to_wire(const Rid& rid) {
  return wire::Rid(flatbuffers::span<const std::uint8_t, 16>(rid.bytes));
}

wire::PeerId to_wire(const PeerId& id) {
  return wire::PeerId(flatbuffers::span<const std::uint8_t, 16>(id.bytes));
}

} // namespace p2plive::service
