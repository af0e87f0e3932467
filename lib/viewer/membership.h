// The viewer's part in its swarm: the services, the inbox and the connections, joined together.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "net/http_client.h"
#include "viewer/addresses.h"
#include "viewer/log.h"
#include "viewer/mind.h"
#include "viewer/peers.h"
#include "viewer/services_client.h"
#include "viewer/signalling.h"

#include <memory>
#include <optional>
#include <string>

namespace p2plive::viewer {

/// On the network thread. All of it may fail at any moment and be back later; without it the viewer
/// plays from the CDN.
class Membership {
public:
  struct Options {
    std::string index_uri;
    std::string agent;
    std::string local_address;
    net::MqttClient::Trust broker_trust;
    core::PeerId self;
    unsigned max_peers = 0;
    Peers::Watch watch;
    Log log;
  };

  Membership(GMainContext* context, net::HttpClient& http, Mind& mind, Options options);

  void start() { services_.start(); }
  void set_media_uri(std::string uri) { services_.set_media_uri(std::move(uri)); }
  void announce(const core::Announce& announce) { services_.announce(announce); }
  Peers& peers() { return peers_; }

  const std::optional<core::Rid>& rid() const { return rid_; }
  /// Received, and not media: replies of services. Packet framing of the transports, on either
  /// side, is not counted.
  std::uint64_t overhead_bytes() const { return services_.body_bytes(); }
  /// Last words are still on their way.
  bool leaving() const { return services_.announcing() || peers_.closing(); }

private:
  void found(const Services& services);
  void resolved(const core::Rid& rid);
  void reached(Reach reach);
  void join();

  GMainContext* context_;
  Mind& mind_;
  Options options_;
  Addresses addresses_;
  std::vector<ServiceAddress> brokers_;
  bool reachable_ = false; ///< the addresses are known
  bool joined_ = false;
  std::optional<core::Rid> rid_;
  std::unique_ptr<Signalling> signalling_;
  Peers peers_;
  ServicesClient services_;
};

} // namespace p2plive::viewer
