// Many datagrams in one call, over the socket and to the address that ICE has chosen.
//
// libnice sends with sendmmsg at best, and each datagram then takes its own way through the
// kernel: on loopback half of all that sending costs. With UDP_SEGMENT (udp(7), Linux 4.18) a run
// of datagrams of one size takes that way once, and is cut where it leaves.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/socket.h>

namespace p2plive::net {

/// Of no use until set; borrows the socket.
class UdpPath {
public:
  static constexpr std::size_t most_datagrams = 64; ///< in one call of send()

  void use(int socket, const sockaddr_storage& to, socklen_t to_size);
  void forget() { socket_ = -1; }
  bool usable() const { return socket_ >= 0; }

  /// `bytes` holds the datagrams end to end. UDP has no notion of "writable" here: what the socket
  /// does not take is lost, as on any other path.
  void send(std::span<const std::uint8_t> bytes, std::span<const std::uint16_t> lengths);

private:
  bool send_run(std::span<const std::uint8_t> bytes, std::size_t segment);
  std::size_t run_length(std::span<const std::uint16_t> lengths) const;

  int socket_ = -1;
  sockaddr_storage to_{};
  socklen_t to_size_ = 0;
  bool segments_ = true; ///< the system and the device cut runs
};

} // namespace p2plive::net
