// The services' HTTP side, on libsoup's server.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "server/server_options.h"
#include "service/services.h"

#include <libsoup/soup.h>

#include <cstdint>
#include <memory>
#include <string>

namespace p2plive::server {

/// Lives on the thread of the default main context. POST to the services' endpoints, and GET
/// /healthz. What is answered with a status from 400 on carries a wire::Refusal.
class HttpFront {
public:
  /// Binds at once and listens; nothing is served before start(). An error says why not.
  static OrError<std::unique_ptr<HttpFront>> listen(const ServerOptions& options);
  ~HttpFront(); ///< closes every connection
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

  std::uint16_t port() const { return port_; }

  /// `services` outlives this.
  void start(service::Services& services) { services_ = &services; }

private:
  explicit HttpFront(const ServerOptions& options);

  static gboolean on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                              gpointer self);
  static void on_headers(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                         gpointer self);
  static void on_chunk(SoupServerMessage* message, GBytes* chunk, gpointer self);
  static void on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                         gpointer self);

  void accept(GSocketConnection* connection);
  std::string health() const;
  service::NetworkPrefix network_of(SoupServerMessage* message) const;

  GSocketService* listener_;
  SoupServer* server_;
  std::uint16_t port_ = 0;
  service::Services* services_ = nullptr;
  unsigned max_connections_;
  std::chrono::seconds idle_timeout_;
  std::string address_header_;
  std::shared_ptr<unsigned> connections_ = std::make_shared<unsigned>(0);
};

} // namespace p2plive::server
