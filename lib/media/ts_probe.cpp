// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/ts_probe.h"

#include <algorithm>

namespace p2plive::media {

namespace {

constexpr std::uint8_t sync_byte = 0x47;
constexpr std::size_t sync_packets = 5;

using Bytes = std::span<const std::uint8_t>;

/// Where a packet's adaptation field and payload lie (ISO/IEC 13818-1, 2.4.3.2).
struct Packet {
  bool usable = false; ///< no error, clear
  bool unit_start = false;
  Bytes adaptation; ///< after its length byte
  Bytes payload;
};

Packet parse_packet(Bytes bytes) {
  Packet packet;
  bool error = bytes[1] & 0x80;
  bool scrambled = bytes[3] & 0xc0;
  packet.usable = !error && bytes[0] == sync_byte;
  packet.unit_start = bytes[1] & 0x40;
  auto rest = bytes.subspan(4);
  if (bytes[3] & 0x20) {
    std::size_t length = rest[0];
    rest = rest.subspan(1);
    if (length > rest.size()) {
      packet.usable = false;
      return packet;
    }
    packet.adaptation = rest.first(length);
    rest = rest.subspan(length);
  }
  if ((bytes[3] & 0x10) && !scrambled)
    packet.payload = rest;
  return packet;
}

std::optional<TsTimestamp> read_pcr(Bytes adaptation) {
  if (adaptation.size() < 7 || !(adaptation[0] & 0x10))
    return std::nullopt;
  auto* pcr = adaptation.data() + 1;
  std::uint64_t base = (std::uint64_t{pcr[0]} << 25) | (std::uint64_t{pcr[1]} << 17) |
                       (std::uint64_t{pcr[2]} << 9) | (std::uint64_t{pcr[3]} << 1) | (pcr[4] >> 7);
  auto extension = static_cast<std::uint16_t>(((pcr[4] & 1) << 8) | pcr[5]);
  if (extension >= 300)
    return std::nullopt;
  return TsTimestamp{TsTimestamp::Source::pcr, Ticks33{base}, extension};
}

/// Stream ids whose packets have no optional header, and so no PTS (2.4.3.7).
bool has_header(std::uint8_t stream_id) {
  switch (stream_id) {
  case 0xbc: // program stream map
  case 0xbe: // padding
  case 0xbf: // private stream 2
  case 0xf0: // ECM
  case 0xf1: // EMM
  case 0xf2: // DSM-CC
  case 0xf8: // H.222.1 type E
  case 0xff: // program stream directory
    return false;
  default:
    return stream_id > 0xbc;
  }
}

std::optional<TsTimestamp> read_pts(Bytes payload) {
  if (payload.size() < 14 || payload[0] != 0 || payload[1] != 0 || payload[2] != 1)
    return std::nullopt;
  if (!has_header(payload[3]) || (payload[6] & 0xc0) != 0x80 || !(payload[7] & 0x80) ||
      payload[8] < 5)
    return std::nullopt;
  auto* pts = payload.data() + 9;
  // The prefix 001x and three marker bits.
  if ((pts[0] & 0xe1) != 0x21 || !(pts[2] & 1) || !(pts[4] & 1))
    return std::nullopt;
  std::uint64_t value = (std::uint64_t{pts[0] & 0x0eu} << 29) | (std::uint64_t{pts[1]} << 22) |
                        (std::uint64_t{pts[2] & 0xfeu} << 14) | (std::uint64_t{pts[3]} << 7) |
                        (pts[4] >> 1);
  return TsTimestamp{TsTimestamp::Source::pts, Ticks33{value}, 0};
}

bool syncs_at(Bytes bytes, std::size_t offset) {
  for (std::size_t i = 0; i < sync_packets && offset < bytes.size(); ++i) {
    if (bytes[offset] != sync_byte)
      return false;
    offset += ts_packet_size;
  }
  return true;
}

} // namespace

std::optional<std::size_t> find_ts_sync(Bytes bytes) {
  if (bytes.size() < ts_packet_size)
    return std::nullopt;
  auto last = std::min(bytes.size() - ts_packet_size, ts_sync_search);
  for (std::size_t offset = 0; offset <= last; ++offset) {
    if (syncs_at(bytes, offset))
      return offset;
  }
  return std::nullopt;
}

bool looks_like_ts(Bytes bytes) {
  auto sync = find_ts_sync(bytes);
  // A single byte that fits proves little, unless it is the first.
  return sync && (*sync == 0 || bytes.size() - *sync > ts_packet_size);
}

std::optional<TsTimestamp> probe_ts(Bytes bytes) {
  bytes = bytes.first(std::min(bytes.size(), ts_probe_size));
  auto sync = find_ts_sync(bytes);
  if (!sync)
    return std::nullopt;
  std::optional<TsTimestamp> first_pts;
  for (auto at = *sync; bytes.size() - at >= ts_packet_size; at += ts_packet_size) {
    auto packet = parse_packet(bytes.subspan(at, ts_packet_size));
    if (!packet.usable)
      continue;
    if (auto pcr = read_pcr(packet.adaptation))
      return pcr;
    if (!first_pts && packet.unit_start)
      first_pts = read_pts(packet.payload);
  }
  return first_pts;
}

} // namespace p2plive::media
