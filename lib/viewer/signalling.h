// The viewer's inbox at the broker, and its way into the inboxes of others.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"
#include "net/mqtt_client.h"
#include "net/timer.h"
#include "viewer/log.h"
#include "viewer/rate_bound.h"
#include "viewer/service_messages.h"
#include "viewer/signal.h"

#include <functional>
#include <memory>
#include <unordered_map>

namespace p2plive::viewer {

/// On the network thread. Anybody may write into an inbox, so what arrives is verified, bounded in
/// rate for each sender and in all, and must be meant for this viewer and this resource.
class Signalling {
public:
  struct Events {
    std::function<void(const Signal&)> arrived;
    std::function<void()> ready; ///< the inbox is open; again after each reconnect
  };

  Signalling(GMainContext* context, const core::PeerId& self, const core::Rid& rid, Events events,
             net::MqttClient::Trust trust = {}, Log log = {});

  /// The first of them that answers is used; another list than before replaces the connection.
  void use(std::vector<ServiceAddress> brokers);

  /// Fills in `rid` and `from`. False: the broker cannot be reached now, the signal is dropped.
  bool send(Signal signal);
  bool ready() const { return client_ && client_->ready(); }

private:
  void connect();
  void try_next();
  void received(std::span<const std::uint8_t> payload);
  bool within_bounds(const core::PeerId& sender);

  GMainContext* context_;
  core::PeerId self_;
  core::Rid rid_;
  Events events_;
  net::MqttClient::Trust trust_;
  Log log_;
  std::vector<ServiceAddress> brokers_;
  std::size_t broker_ = 0;
  net::Timer patience_; ///< with a broker that does not answer, when there is another
  RateBound all_;
  std::unordered_map<core::PeerId, RateBound> senders_;
  std::unique_ptr<net::MqttClient> client_;
};

} // namespace p2plive::viewer
