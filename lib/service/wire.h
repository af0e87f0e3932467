// Messages of the services: verified when they come in, built when they go out.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "schemas/common_generated.h"
#include "service/ids.h"

#include <flatbuffers/flatbuffers.h>
#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::service {

using Bytes = std::vector<std::uint8_t>;

/// Version of the services' protocol that is spoken here. Another major version is refused.
inline constexpr std::uint16_t protocol_major = 1;
inline constexpr std::uint16_t protocol_minor = 0;

/// Longest body of a request, in bytes: a URI of 8 KiB and as much again.
inline constexpr std::size_t max_request_size = 16 * 1024;

/// What is answered, in HTTP's terms (RFC 9110, section 15).
struct Answer {
  unsigned status = 200;
  Bytes body; ///< a FlatBuffer: the reply, or with status 4xx and 5xx a wire::Refusal
  std::optional<std::chrono::seconds> retry_after;
};

/// An answer that says no, with a reason for a person.
Answer refuse(unsigned status, std::string_view reason,
              std::optional<std::chrono::seconds> retry_after = {});

/// A reply that is finished in `builder`.
Answer reply(const flatbuffers::FlatBufferBuilder& builder);

/// Looks at the version that a request carries; none when it can be served.
std::optional<Answer> check_version(const wire::ProtocolVersion* version);

inline wire::ProtocolVersion spoken_version() {
  return {protocol_major, protocol_minor};
}

/// Verifies a request before any field of it is read. `body` is aligned to eight bytes, as heap
/// memory is, and outlives what is returned. An error is the answer to give.
template <typename Request>
tl::expected<const Request*, Answer> read_request(std::span<const std::uint8_t> body) {
  if (body.size() > max_request_size)
    return tl::unexpected(refuse(413, "the body is longer than 16 KiB"));
  constexpr flatbuffers::uoffset_t max_depth = 8, max_tables = 64;
  flatbuffers::Verifier verifier(body.data(), body.size(), max_depth, max_tables);
  if (!verifier.VerifyBuffer<Request>())
    return tl::unexpected(refuse(400, "the body is not the FlatBuffer that belongs here"));
  auto* request = flatbuffers::GetRoot<Request>(body.data());
  if (auto refusal = check_version(request->version()))
    return tl::unexpected(std::move(*refusal));
  return request;
}

Rid from_wire(const wire::Rid& rid);
PeerId from_wire(const wire::PeerId& id);
wire::Rid to_wire(const Rid& rid);
wire::PeerId to_wire(const PeerId& id);

} // namespace p2plive::service
