// Ports of this machine's loopback.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace p2plive::processes {

/// An ephemeral port of 127.0.0.1 on which nobody listens, neither with TCP nor UDP. Another
/// process may take it before it is used: whoever starts a program on it tries again with another.
/// 0: there is none.
std::uint16_t free_port();

/// True: something accepts TCP connections at 127.0.0.1:`port`.
bool tcp_answers(std::uint16_t port);

/// True: a STUN server answered a binding request at 127.0.0.1:`port` within `deadline`
/// (RFC 8489 section 6).
bool stun_answers(std::uint16_t port, std::chrono::milliseconds deadline);

} // namespace p2plive::processes
