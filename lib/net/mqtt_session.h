// What keeps an MqttClient connected: resolve, connect, subscribe, serve, wait, again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gio/gio.h>

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "net/fd_watch.h"
#include "net/gobject_ptr.h"
#include "net/mqtt_client.h"
#include "net/timer.h"

struct mosquitto;
typedef struct ssl_ctx_st SSL_CTX;

namespace p2plive::net {

/// libmosquitto's callbacks only take notes; what they mean is worked out after libmosquitto has
/// returned. So no event runs inside of libmosquitto, and an event may destroy the client.
class MqttSession : public std::enable_shared_from_this<MqttSession> {
public:
  MqttSession(GMainContext* context, MqttClient::Options options, MqttClient::Events events);
  ~MqttSession();
  void start();
  void close(); ///< no event follows; also from within one
  bool publish(const std::string& topic, std::span<const std::uint8_t> payload);
  bool ready() const { return state_ == State::ready; }

private:
  enum class State { waiting, resolving, connecting, subscribing, ready, closed };
  struct Message {
    std::string topic;
    std::vector<std::uint8_t> payload;
  };
  /// What libmosquitto's callbacks have told.
  struct Notes {
    bool accepted = false;            ///< CONNACK with code 0
    std::optional<bool> subscribed;   ///< SUBACK; false: refused
    std::optional<std::string> ended; ///< why the connection is no more
    std::vector<Message> messages;
  };
  class Library;
  struct Destroy {
    void operator()(mosquitto* client) const;
  };

  void try_again();
  void give_up();
  void prepare_tls();
  void resolve();
  void resolved(GList* addresses, GError* error);
  void connect();
  bool make_client();
  void set_callbacks();
  void serve(GIOCondition condition);
  void keep_alive();
  void settle(int result);
  void accepted();
  void subscribed();
  void deliver();
  void update_watch();
  void failed(std::string reason);
  std::chrono::milliseconds next_delay();
  template <typename Call>
  void emit(Call call);

  std::shared_ptr<Library> library_;
  GMainContext* context_;
  MqttClient::Options options_;
  MqttClient::Events events_;
  std::shared_ptr<SSL_CTX> tls_; ///< outlives every client_ that uses it
  std::unique_ptr<mosquitto, Destroy> client_;
  std::unique_ptr<FdWatch> watch_;
  GObjectPtr<GCancellable> cancellable_;
  State state_ = State::waiting;
  Notes notes_;
  std::vector<std::string> addresses_; ///< still to try, the next one last
  unsigned unsent_ = 0;                ///< messages that libmosquitto holds
  unsigned failures_ = 0;
  bool emitting_ = false;
  std::chrono::steady_clock::time_point ready_since_;
  std::mt19937 random_;
  Timer retry_;
  Timer deadline_;
  Timer misc_;
};

} // namespace p2plive::net
