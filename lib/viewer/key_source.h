// The keys of encrypted segments, from their server only (RFC 8216, 5): no other viewer ever gives
// or gets one.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "net/http_client.h"
#include "net/timer.h"
#include "viewer/backoff.h"
#include "viewer/delivery.h"
#include "viewer/log.h"
#include "viewer/viewer.h"
#include "viewer/whole_body.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace p2plive::viewer {

/// On the network thread. Each key is fetched once, a little before it is needed, and tried again
/// for as long as it is wanted. Keys rotate: of those known only the last ones wanted are kept.
class KeySource {
public:
  static constexpr std::size_t most_keys = 32;

  struct Events {
    std::function<void()> arrived; ///< find() has more to give
    /// The server does not accept the URI (any more). It is asked again all the same.
    std::function<void()> refused;
  };

  KeySource(GMainContext* context, net::HttpClient& http, std::chrono::milliseconds timeout,
            Events events, Log log = {});

  /// To be said again while it is needed: what was not wanted for a while is not asked for any
  /// more.
  void want(const std::string& uri);
  /// None: not here (yet).
  std::optional<Bytes128> find(const std::string& uri) const;
  /// The server's last answer was that it does not accept the URI.
  bool refused(const std::string& uri) const;
  /// Why the key is not here.
  Error failure(const std::string& uri) const;

private:
  struct Entry {
    Entry(GMainContext* context, std::function<void()> retry);
    std::optional<Bytes128> key;
    std::optional<Error> failure;  ///< the last one
    bool refused = false;          ///< that was this
    core::Time wanted_at{};        ///< last
    std::uint64_t wanted_last = 0; ///< in the order of calls
    Backoff backoff;
    net::Timer retry;
    bool resting = false; ///< it failed, and nobody wanted it when it was to be tried again
    std::unique_ptr<net::HttpTransfer> transfer;
  };

  void load(const std::string& uri);
  void try_again(const std::string& uri);
  void loaded(const std::string& uri, const WholeResult& result);
  void forget_oldest();

  GMainContext* context_;
  net::HttpClient& http_;
  std::chrono::milliseconds timeout_;
  Events events_;
  Log log_;
  std::map<std::string, std::unique_ptr<Entry>> entries_; ///< by URI
  std::uint64_t calls_ = 0;
};

} // namespace p2plive::viewer
