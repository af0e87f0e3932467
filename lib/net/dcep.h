// The Data Channel Establishment Protocol's two messages (RFC 8832 section 5).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::net {

/// Payload protocol identifiers of WebRTC (RFC 8831 section 8). SCTP cannot carry an empty message:
/// it is one byte under a name of its own.
struct Ppid {
  static constexpr std::uint32_t dcep = 50, string = 51, binary = 53, empty_string = 56,
                                 empty_binary = 57;
};

struct DcepOpen {
  bool reliable_and_ordered = true;
  std::string label;
};

/// DATA_CHANNEL_OPEN of a reliable, ordered channel.
std::vector<std::uint8_t> write_dcep_open(std::string_view label);
/// DATA_CHANNEL_ACK.
std::vector<std::uint8_t> write_dcep_ack();

/// None when it is no well-formed DATA_CHANNEL_OPEN.
std::optional<DcepOpen> read_dcep_open(std::span<const std::uint8_t> message);
bool is_dcep_ack(std::span<const std::uint8_t> message);

} // namespace p2plive::net
