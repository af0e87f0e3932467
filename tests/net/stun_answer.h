// What a STUN server answers (RFC 8489), for tests that play one.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <vector>

namespace p2plive::test {

/// The success response that tells who asks in `request` that it is seen as `mapped`. None: it is
/// no binding request.
inline std::optional<std::vector<std::uint8_t>> stun_answer(std::span<const std::uint8_t> request,
                                                            const sockaddr_in& mapped) {
  constexpr std::size_t head = 20, attribute = 12;
  if (request.size() < head || request[0] != 0 || request[1] != 1)
    return {};
  std::vector<std::uint8_t> answer(head + attribute);
  std::copy_n(request.begin(), head, answer.begin()); // the transaction id is repeated
  const std::uint8_t type[] = {1, 1}, size[] = {0, attribute};
  const std::uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42}; // also where libnice asks without it
  const std::uint8_t xor_mapped_address[] = {0, 0x20, 0, 8, 0, 1};
  std::ranges::copy(type, answer.begin());
  std::ranges::copy(size, answer.begin() + 2);
  std::ranges::copy(xor_mapped_address, answer.begin() + head);
  std::memcpy(&answer[head + 6], &mapped.sin_port, 2);
  std::memcpy(&answer[head + 8], &mapped.sin_addr, 4);
  for (int i = 0; i < 2; ++i)
    answer[head + 6 + i] ^= cookie[i];
  for (int i = 0; i < 4; ++i)
    answer[head + 8 + i] ^= cookie[i];
  return answer;
}

/// A UDP socket on 127.0.0.1, at any free port.
inline int udp_socket(std::uint16_t& port) {
  int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(made, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(made, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return -1;
  port = ntohs(address.sin_port);
  return made;
}

} // namespace p2plive::test
