// The Content-Range header field (RFC 9110, section 14.4), as a hostile server may send it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_client.h"

namespace p2plive::net {

/// "bytes 0-99/1000", "bytes 0-99/*", or, with a 416, "bytes */1000".
struct ContentRange {
  std::optional<ByteRange> range;    ///< none: "*", unsatisfied
  std::optional<std::uint64_t> size; ///< of the whole resource; none: "*", unknown
};

/// None when it is not one, or when its numbers contradict each other (last before first, range
/// beyond the size) or are beyond 2^53, more than any resource has.
std::optional<ContentRange> parse_content_range(std::string_view value);

} // namespace p2plive::net
