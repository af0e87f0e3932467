// A remote ICE candidate as SDP has it (RFC 8839 section 5.1), bounded and verified.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace p2plive::net {

/// As many as one connection takes from its other side; libnice's own limit.
constexpr std::size_t max_candidates = 25;

struct IceCandidate {
  enum class Type { host, server_reflexive, peer_reflexive, relayed };
  std::string foundation;
  std::uint32_t priority = 0;
  std::string address; ///< numeric, IPv4 or IPv6
  std::uint16_t port = 0;
  Type type = Type::host;
  bool loopback = false;
};

/// "candidate:..." with or without "a=". None for whatever cannot be used: TCP, another component,
/// mDNS names (`xxxx.local`; their owner is met as a peer-reflexive candidate), malformed text,
/// addresses that no single host has.
std::optional<IceCandidate> parse_candidate(std::string_view text);

/// RFC 8839 section 5.4: letters, digits, '+' and '/', `least` to `most` of them.
bool is_ice_chars(std::string_view text, std::size_t least, std::size_t most);

} // namespace p2plive::net
