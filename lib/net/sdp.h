// Session descriptions of a connection that has one m-section, for data channels (RFC 8829, 8841),
// as Chromium and Firefox write and read them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace p2plive::net {

struct SessionDescription {
  /// Who opens DTLS (RFC 8842): the active side is its client.
  enum class Setup { actpass, active, passive };

  std::string ufrag, password;
  std::string fingerprint; ///< SHA-256, upper-case hexadecimal with colons
  Setup setup = Setup::actpass;
  std::string mid = "0";            ///< an answer repeats the offer's
  std::uint16_t sctp_port = 5000;   ///< of the side that describes itself
  std::uint64_t session_id = 0;     ///< written only; 0: one is drawn
  unsigned session_version = 2;     ///< written only; grows with each offer or answer (JSEP 5.2.2)
  std::size_t max_message = 65'536; ///< bytes it accepts; SIZE_MAX: of any size (RFC 8841 6.1)
  std::vector<std::string> candidates; ///< "candidate:..." lines, not yet looked into
};

/// Of 63 bits, as JSEP wants it (RFC 8829 section 5.2.1).
std::uint64_t draw_session_id();

std::string write_sdp(const SessionDescription& description);

/// The error is a sentence for a log. Everything that is used of it has been verified, except the
/// candidates, of which bad ones are passed over one by one (`parse_candidate`).
tl::expected<SessionDescription, std::string> read_sdp(std::string_view text);

} // namespace p2plive::net
