// Transfers whose bodies are small and wanted whole: playlists and the services' replies.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/http_client.h"

#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace p2plive::viewer {

struct WholeAnswer {
  net::HttpHead head;
  std::vector<std::uint8_t> body;
};

using WholeResult = tl::expected<WholeAnswer, net::HttpError>;

/// Calls `done` once, later, unless the handle is destroyed before; `done` may destroy it.
/// `request.limit` bounds the body.
std::unique_ptr<net::HttpTransfer> fetch_whole(net::HttpClient& client, net::HttpRequest request,
                                               std::function<void(WholeResult)> done);

} // namespace p2plive::viewer
