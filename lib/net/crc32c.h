// CRC32C as SCTP's common header carries it (RFC 9260 section 6.8, appendix A).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <span>

namespace p2plive::net {

/// Of a packet whose checksum field is zero; the value goes into that field as it is. Uses the
/// processor's instruction where it has one (usrsctp's own table costs a quarter of the whole).
std::uint32_t sctp_crc32c(std::span<const std::uint8_t> packet);

} // namespace p2plive::net
