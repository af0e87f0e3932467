// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/crc32c.h"

#include <usrsctp.h>

#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace p2plive::net {

namespace {

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(const std::uint8_t* at,
                                                               std::size_t size) {
  std::uint64_t crc = 0xffffffff;
  for (; size >= 8; at += 8, size -= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, 8);
    crc = _mm_crc32_u64(crc, eight);
  }
  auto rest = static_cast<std::uint32_t>(crc);
  for (; size > 0; ++at, --size)
    rest = _mm_crc32_u8(rest, *at);
  return ~rest;
}
#endif

} // namespace

std::uint32_t sctp_crc32c(std::span<const std::uint8_t> packet) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2"))
    return by_instruction(packet.data(), packet.size());
#endif
  return usrsctp_crc32c(const_cast<std::uint8_t*>(packet.data()), packet.size());
}

} // namespace p2plive::net
