// What a libsoup message's response says, as an HttpHead, and whether it answers the request.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "net/http_client.h"

typedef struct _SoupMessage SoupMessage;
typedef struct _GError GError;

namespace p2plive::net {

struct ResponseHead {
  HttpHead head;
  std::optional<std::uint64_t> body; ///< bytes that must follow; none: until the server ends it
  bool gzip = false;                 ///< they are gzip, which is to be undone
};

/// An error where the answer contradicts the request or itself: a 206 nobody asked for, one outside
/// of the range asked for, one in several parts, one of an encoded form, an encoding nobody asked
/// for, or a redirect that may not be followed.
tl::expected<ResponseHead, HttpError> read_head(SoupMessage* message,
                                                const std::optional<ByteRange>& asked);

/// How far a transfer had come when it failed; the same GError means different things.
enum class HttpPhase {
  connecting, ///< no connection to the server yet
  waiting,    ///< connected, no head yet
  body,
};

HttpError to_http_error(const GError& error, HttpPhase phase);

} // namespace p2plive::net
