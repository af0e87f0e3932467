// Ports of this machine's loopback, and whether something answers there, or at another IPv4 address
// of this machine.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace p2plive::processes {

/// An ephemeral port of 127.0.0.1 on which nobody listens, neither with TCP nor UDP. Another
/// process may take it before it is used: whoever starts a program on it tries again with another.
/// 0: there is none.
std::uint16_t free_port();

/// True: something accepts TCP connections there.
bool tcp_answers(std::uint16_t port, const std::string& address = "127.0.0.1");

/// True: a STUN server answered a binding request there within `deadline` (RFC 8489 section 6).
bool stun_answers(std::uint16_t port, std::chrono::milliseconds deadline,
                  const std::string& address = "127.0.0.1");

} // namespace p2plive::processes
