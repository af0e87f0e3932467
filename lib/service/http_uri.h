// http and https URIs in one normal form, so that equal ones compare equal.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace p2plive::service {

/// Longest URI that is looked at, in bytes.
inline constexpr std::size_t max_uri_size = 8 * 1024;

/// The parts of a URI that a StreamId may be made of, normalised as RFC 3986, section 6.2.2, says:
/// host in lower case, percent-encoding in upper case and only where it is needed, no dot segments.
struct HttpUri {
  std::string host; ///< an IPv6 address with its brackets
  std::string path; ///< begins with a slash
  std::vector<std::pair<std::string, std::string>> parameters; ///< of the query, in its order
};

/// An error is a sentence for whoever sent the URI.
tl::expected<HttpUri, std::string> parse_http_uri(std::string_view uri);

} // namespace p2plive::service
