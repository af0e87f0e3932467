// MQTT 3.1.1 client for signalling, on libmosquitto inside a GMainContext.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

typedef struct _GMainContext GMainContext;

namespace p2plive::net {

/// Keeps itself connected: resolves without blocking, connects, subscribes, reconnects with capped
/// exponential backoff and jitter. QoS 0. All calls and callbacks on the context's thread.
class MqttClient {
public:
  /// Which certificates are good enough, where there is TLS.
  struct Trust {
    std::string ca_file; ///< authorities (PEM); empty: the system's
    bool verify = true;  ///< false: any certificate is
  };
  struct Options {
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
    Trust trust;
    std::string client_id;
    std::string inbox; ///< topic subscribed to at every connect
    std::chrono::milliseconds backoff_first{500};
    std::chrono::milliseconds backoff_most{30'000};
  };
  struct Events {
    std::function<void()>
        ready; ///< connected and subscribed (SUBACK seen); again after each reconnect
    std::function<void(std::string reason)> lost;
    std::function<void(std::string_view topic, std::span<const std::uint8_t> payload)> message;
  };

  MqttClient(GMainContext* context, Options options, Events events);
  ~MqttClient(); ///< disconnects orderly without waiting
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  /// True when it was handed to the broker's connection; false, and dropped, while not ready.
  bool publish(const std::string& topic, std::span<const std::uint8_t> payload);
  bool ready() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace p2plive::net
