// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/sctp_departures.h"

#include <algorithm>
#include <cstddef>

namespace p2plive::net {

namespace {

// RFC 9260 sections 3 and 3.3.1.
constexpr std::size_t common_header = 12;
constexpr std::size_t chunk_header = 4;
constexpr std::size_t data_header = 16;
constexpr std::uint8_t data_chunk = 0;

std::uint32_t read_be(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (auto byte : bytes)
    value = value << 8 | byte;
  return value;
}

} // namespace

void SctpDepartures::saw(std::span<const std::uint8_t> packet) {
  auto rest = packet.subspan(std::min(common_header, packet.size()));
  while (rest.size() >= chunk_header) {
    std::size_t length = read_be(rest.subspan(2, 2));
    if (length < chunk_header || length > rest.size())
      return;
    if (rest[0] == data_chunk && length >= data_header) {
      auto tsn = read_be(rest.subspan(4, 4));
      // Serial numbers (RFC 1982).
      if (!next_tsn_ || static_cast<std::int32_t>(tsn - *next_tsn_) >= 0) {
        next_tsn_ = tsn + 1;
        bytes_ += length - data_header;
      }
    }
    rest = rest.subspan(std::min((length + 3) / 4 * 4, rest.size()));
  }
}

} // namespace p2plive::net
