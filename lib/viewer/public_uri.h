// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace p2plive::viewer {

/// The URI without user name and password (RFC 3986, 3.2.1), which are its server's business only:
/// as it is sent to others, logged, and shown. What is no URI loses what stands in their place.
std::string public_uri(std::string uri);

} // namespace p2plive::viewer
