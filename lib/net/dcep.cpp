// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/dcep.h"

#include <algorithm>

namespace p2plive::net {

namespace {

constexpr std::uint8_t type_ack = 2, type_open = 3;
constexpr std::uint8_t channel_reliable_ordered = 0;
constexpr std::size_t open_header = 12;

} // namespace

std::vector<std::uint8_t> write_dcep_open(std::string_view label) {
  // Priority, reliability parameter and the length of the subprotocol's name stay zero.
  auto size = static_cast<std::uint16_t>(label.size());
  std::vector<std::uint8_t> message(open_header + size);
  message[0] = type_open;
  message[1] = channel_reliable_ordered;
  message[8] = static_cast<std::uint8_t>(size >> 8);
  message[9] = static_cast<std::uint8_t>(size);
  std::copy_n(label.begin(), size, message.begin() + open_header);
  return message;
}

std::vector<std::uint8_t> write_dcep_ack() {
  return {type_ack};
}

std::optional<DcepOpen> read_dcep_open(std::span<const std::uint8_t> message) {
  if (message.size() < open_header || message[0] != type_open)
    return {};
  std::size_t label = message[8] << 8 | message[9], protocol = message[10] << 8 | message[11];
  if (message.size() != open_header + label + protocol)
    return {};
  auto* first = reinterpret_cast<const char*>(message.data()) + open_header;
  return DcepOpen{message[1] == channel_reliable_ordered, std::string(first, label)};
}

bool is_dcep_ack(std::span<const std::uint8_t> message) {
  return message.size() == 1 && message[0] == type_ack;
}

} // namespace p2plive::net
