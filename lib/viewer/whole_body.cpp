// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/whole_body.h"

#include <utility>

namespace p2plive::viewer {

std::unique_ptr<net::HttpTransfer> fetch_whole(net::HttpClient& client, net::HttpRequest request,
                                               std::function<void(WholeResult)> done) {
  struct State {
    WholeAnswer answer;
    std::function<void(WholeResult)> done;
  };
  auto state = std::make_shared<State>();
  state->done = std::move(done);
  net::HttpEvents events;
  events.head = [state](const net::HttpHead& head) { state->answer.head = head; };
  events.data = [state](std::span<const std::uint8_t> bytes) {
    state->answer.body.insert(state->answer.body.end(), bytes.begin(), bytes.end());
  };
  // The callback may destroy the transfer, and these functions with it: nothing is touched after.
  events.done = [state] {
    auto finish = std::move(state->done);
    finish(std::move(state->answer));
  };
  events.failed = [state](const net::HttpError& error) {
    auto finish = std::move(state->done);
    finish(tl::unexpected(error));
  };
  return client.start(std::move(request), std::move(events));
}

} // namespace p2plive::viewer
