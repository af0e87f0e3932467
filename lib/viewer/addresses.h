// Names of services -> numeric addresses, and from them the addresses to gather on.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/peer_connection.h"
#include "viewer/service_messages.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

typedef struct _GMainContext GMainContext;

namespace p2plive::viewer {

/// How this viewer's data channels reach out.
struct Reach {
  std::vector<net::StunServer> stun;
  std::vector<std::string> local_addresses; ///< none: all but loopback
};

/// Resolves without blocking, on the network thread.
class Addresses {
public:
  /// `local_address` and the index's URI as in ViewerOptions.
  Addresses(GMainContext* context, std::string local_address, const std::string& index_uri);
  ~Addresses();

  /// Calls `done` once, later or from within, with what could be resolved; a further call replaces
  /// one that has not answered yet. Without a local address given, only loopback is used when the
  /// index and the brokers are all reached there.
  void find(const Services& services, std::function<void(Reach)> done);

private:
  struct Search;
  void resolve(const std::string& host, std::function<void(std::optional<std::string>)> done);
  Reach conclude(const Search& search) const;

  GMainContext* context_;
  std::string local_address_;
  std::string index_host_;
  std::shared_ptr<Search> search_;
};

} // namespace p2plive::viewer
