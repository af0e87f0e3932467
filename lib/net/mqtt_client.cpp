// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/mqtt_client.h"

#include <cassert>
#include <thread>

#include "net/mqtt_session.h"

namespace p2plive::net {

class MqttClient::Impl {
public:
  std::shared_ptr<MqttSession> session;
  std::thread::id thread = std::this_thread::get_id();
};

MqttClient::MqttClient(GMainContext* context, Options options, Events events)
    : impl_(std::make_unique<Impl>()) {
  impl_->session = std::make_shared<MqttSession>(context, std::move(options), std::move(events));
  impl_->session->start();
}

MqttClient::~MqttClient() {
  assert(std::this_thread::get_id() == impl_->thread);
  impl_->session->close();
}

bool MqttClient::publish(const std::string& topic, std::span<const std::uint8_t> payload) {
  assert(std::this_thread::get_id() == impl_->thread);
  return impl_->session->publish(topic, payload);
}

bool MqttClient::ready() const {
  return impl_->session->ready();
}

} // namespace p2plive::net
