// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/signalling.h"

#include "viewer/now.h"

#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

constexpr auto broker_patience = 15s;
constexpr std::size_t most_senders = 1024;
constexpr auto sender_forgotten_after = 30s;
// An attempt is at most three signals of a side; a sender has a few attempts a minute.
constexpr double sender_burst = 12, sender_per_second = 1;
constexpr double all_burst = 300, all_per_second = 60;

} // namespace

Signalling::Signalling(GMainContext* context, const core::PeerId& self, const core::Rid& rid,
                       Events events, net::MqttClient::Trust trust, Log log)
    : context_(context), self_(self), rid_(rid), events_(std::move(events)),
      trust_(std::move(trust)), log_(std::move(log)), patience_(context, [this] { try_next(); }),
      all_(all_burst, all_per_second) {}

void Signalling::use(std::vector<ServiceAddress> brokers) {
  if (brokers == brokers_)
    return;
  bool keeps = client_ && !brokers.empty() && brokers.front() == brokers_[broker_];
  brokers_ = std::move(brokers);
  broker_ = 0;
  if (!keeps)
    connect();
}

void Signalling::connect() {
  client_.reset();
  patience_.disarm();
  if (brokers_.empty())
    return;
  const auto& broker = brokers_[broker_];
  net::MqttClient::Options options;
  options.host = broker.host;
  options.port = broker.port;
  options.tls = broker.tls;
  options.trust = trust_;
  options.client_id = self_.to_hex();
  options.inbox = inbox_of(self_);
  net::MqttClient::Events events;
  events.ready = [this] {
    patience_.disarm();
    log_.info("Other viewers can be met, through the broker " + brokers_[broker_].host);
    if (events_.ready)
      events_.ready();
  };
  events.lost = [this](const std::string& reason) {
    log_.warning("The broker " + brokers_[broker_].host + " is lost: " + reason);
    if (brokers_.size() > 1)
      patience_.arm_in(broker_patience);
  };
  events.message = [this](std::string_view, std::span<const std::uint8_t> payload) {
    received(payload);
  };
  client_ = std::make_unique<net::MqttClient>(context_, std::move(options), std::move(events));
  if (brokers_.size() > 1)
    patience_.arm_in(broker_patience);
}

void Signalling::try_next() {
  broker_ = (broker_ + 1) % brokers_.size();
  connect();
}

bool Signalling::send(Signal signal) {
  signal.rid = rid_;
  signal.from = self_;
  return ready() && client_->publish(inbox_of(signal.to), encode(signal));
}

bool Signalling::within_bounds(const core::PeerId& sender) {
  auto time = now();
  if (senders_.size() >= most_senders)
    std::erase_if(senders_, [&](const auto& known) {
      return time - known.second.last() > sender_forgotten_after;
    });
  auto known = senders_.find(sender);
  if (known == senders_.end()) {
    if (senders_.size() >= most_senders)
      return false;
    known = senders_.emplace(sender, RateBound(sender_burst, sender_per_second)).first;
  }
  return known->second.take(time);
}

void Signalling::received(std::span<const std::uint8_t> payload) {
  if (!all_.take(now())) // before the work of verifying
    return;
  auto signal = decode_signal(payload);
  if (!signal || signal->to != self_ || signal->from == self_ || signal->rid != rid_)
    return;
  if (within_bounds(signal->from))
    events_.arrived(*signal);
}

} // namespace p2plive::viewer
