// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/membership.h"

#include <utility>

namespace p2plive::viewer {

using core::Swarm;

Membership::Membership(GMainContext* context, net::HttpClient& http, Mind& mind, Options options)
    : context_(context), mind_(mind), options_(std::move(options)),
      addresses_(context, options_.local_address, options_.index_uri),
      peers_(
          context, mind, options_.max_peers,
          [this](Signal signal) { return signalling_ && signalling_->send(std::move(signal)); },
          nullptr, options_.watch),
      services_(context, http,
                {.index_uri = options_.index_uri,
                 .agent = options_.agent,
                 .self = options_.self,
                 .log = options_.log},
                {.found = [this](const Services& services) { found(services); },
                 .resolved = [this](const core::Rid& rid) { resolved(rid); },
                 .announced =
                     [this](const core::TrackerAnswer& answer) {
                       options_.log.debug("The tracker names " +
                                          std::to_string(answer.peers.size()) + " viewers");
                       mind_.tell(&Swarm::tracker_answered, answer);
                     },
                 .announce_failed =
                     [this](std::optional<core::Duration> retry_after) {
                       mind_.tell(&Swarm::tracker_failed, retry_after);
                     }}) {}

void Membership::found(const Services& services) {
  brokers_ = services.brokers;
  if (signalling_)
    signalling_->use(brokers_);
  addresses_.find(services, [this](Reach reach) { reached(std::move(reach)); });
}

void Membership::reached(Reach reach) {
  peers_.use(std::move(reach));
  reachable_ = true;
  join();
}

void Membership::resolved(const core::Rid& rid) {
  rid_ = rid;
  join();
}

void Membership::join() {
  if (signalling_ || !rid_ || !reachable_)
    return;
  // Announced only once the inbox is open: offers that came before would be lost, and their
  // senders would wait for them in vain.
  signalling_ = std::make_unique<Signalling>(
      context_, options_.self, *rid_,
      Signalling::Events{[this](const Signal& signal) { peers_.arrived(signal); },
                         [this] {
                           if (!std::exchange(joined_, true))
                             mind_.tell(&Swarm::joined, *rid_);
                         }},
      options_.broker_trust, options_.log);
  signalling_->use(brokers_);
}

} // namespace p2plive::viewer
