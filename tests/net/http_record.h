// What one transfer told, in the order of telling.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"

namespace p2plive::test {

struct HttpRecord {
  std::optional<net::HttpHead> head;
  std::string body;
  bool done = false;
  std::optional<net::HttpError> error;
  unsigned out_of_order = 0; ///< events that may not come where they came
  std::unique_ptr<net::HttpTransfer> transfer;

  bool over() const { return done || error; }
  bool failed_as(net::HttpError::Kind kind) const {
    return error && error->kind == kind && !done && !out_of_order;
  }

  net::HttpEvents events() {
    return {
        .head =
            [this](const net::HttpHead& told) {
              out_of_order += over() || head;
              head = told;
            },
        .data =
            [this](std::span<const std::uint8_t> bytes) {
              out_of_order += over() || !head || bytes.empty();
              body.append(bytes.begin(), bytes.end());
            },
        .done =
            [this] {
              out_of_order += over() || !head;
              done = true;
            },
        .failed =
            [this](const net::HttpError& told) {
              out_of_order += over();
              error = told;
            },
    };
  }

  void start(net::HttpClient& client, net::HttpRequest request) {
    transfer = client.start(std::move(request), events());
    out_of_order += over() || head; // never from within start()
  }
};

} // namespace p2plive::test
