// Which bytes of messages have left an SCTP association, seen from the packets that it sends:
// usrsctp tells only that all of its send buffer is acknowledged, or that some of it is free.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace p2plive::net {

class SctpDepartures {
public:
  /// One packet that the association sends, from its common header on. A TSN counts when it leaves
  /// for the first time; usrsctp sends them in order, and what it sends again came before.
  void saw(std::span<const std::uint8_t> packet);
  /// Of user data, without headers and padding.
  std::uint64_t bytes() const { return bytes_; }

private:
  std::optional<std::uint32_t> next_tsn_;
  std::uint64_t bytes_ = 0;
};

} // namespace p2plive::net
