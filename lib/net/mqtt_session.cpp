// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/mqtt_session.h"

#include <mosquitto.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "net/mqtt_tls.h"

namespace p2plive::net {

using namespace std::chrono_literals;

namespace {

constexpr int keepalive_seconds = 30;
constexpr auto attempt_deadline = 10s; ///< from connect to SUBACK
constexpr auto misc_interval = 1s;
constexpr auto stable = 10s; ///< a connection that held for so long has no bad past
constexpr std::size_t largest_payload = 64 * 1024;
constexpr unsigned most_unsent = 256;
constexpr int refused_qos = 128; ///< MQTT 3.1.1, section 3.9.3

std::string describe(int result) {
  return result == MOSQ_ERR_ERRNO ? g_strerror(errno) : mosquitto_strerror(result);
}

bool is_dead(int fd, GIOCondition condition) {
  char byte;
  return (condition & (G_IO_HUP | G_IO_ERR)) || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

} // namespace

/// libmosquitto counts its users without a lock, hence this.
class MqttSession::Library {
public:
  static std::shared_ptr<Library> share() {
    static std::mutex mutex;
    static std::weak_ptr<Library> token;
    std::lock_guard lock(mutex);
    auto shared = token.lock();
    if (!shared)
      token = shared = std::make_shared<Library>();
    return shared;
  }
  Library() { mosquitto_lib_init(); }
  ~Library() { mosquitto_lib_cleanup(); }
};

void MqttSession::Destroy::operator()(mosquitto* client) const {
  mosquitto_destroy(client);
}

MqttSession::MqttSession(GMainContext* context, MqttClient::Options options,
                         MqttClient::Events events)
    : library_(Library::share()), context_(g_main_context_ref(context)),
      options_(std::move(options)), events_(std::move(events)), cancellable_(g_cancellable_new()),
      random_(g_random_int()), retry_(context, [this] { try_again(); }),
      deadline_(context, [this] { give_up(); }), misc_(context, [this] { keep_alive(); }) {}

MqttSession::~MqttSession() {
  watch_.reset();
  client_.reset();
  g_main_context_unref(context_);
}

void MqttSession::start() {
  retry_.arm_in(0ns);
}

void MqttSession::close() {
  retry_.disarm();
  deadline_.disarm();
  misc_.disarm();
  g_cancellable_cancel(cancellable_.get());
  watch_.reset();
  if (client_ && state_ == State::ready)
    mosquitto_disconnect(client_.get()); // written at once where the socket takes it
  client_.reset();
  state_ = State::closed;
  if (!emitting_) [[maybe_unused]]
    auto let_go = std::exchange(events_, {});
}

/// Runs an event; the client may be gone afterwards (State::closed).
template <typename Call>
void MqttSession::emit(Call call) {
  emitting_ = true;
  call();
  emitting_ = false;
  if (state_ == State::closed) [[maybe_unused]]
    auto let_go = std::exchange(events_, {});
}

void MqttSession::try_again() {
  auto self = shared_from_this();
  if (options_.tls && !tls_)
    prepare_tls();
  else if (addresses_.empty())
    resolve();
  else
    connect();
}

// On a thread of GLib's pool: it reads and parses all of the system's authorities.
void MqttSession::prepare_tls() {
  using Tls = std::shared_ptr<SSL_CTX>;
  state_ = State::resolving;
  ThreadDefault here(context_);
  auto finish = +[](GObject*, GAsyncResult* result, gpointer data) {
    std::unique_ptr<std::weak_ptr<MqttSession>> weak(
        static_cast<std::weak_ptr<MqttSession>*>(data));
    std::unique_ptr<Tls> tls(static_cast<Tls*>(g_task_propagate_pointer(G_TASK(result), nullptr)));
    auto self = weak->lock();
    if (!self || self->state_ != State::resolving)
      return;
    self->tls_ = tls ? std::move(*tls) : nullptr;
    self->tls_ ? self->resolve() : self->failed("OpenSSL refuses the host or the authorities");
  };
  auto work = +[](GTask* task, gpointer, gpointer data, GCancellable*) {
    const auto& broker = *static_cast<MqttClient::Options*>(data);
    auto* tls = new Tls(make_mqtt_tls(broker.host, broker.trust));
    OPENSSL_thread_stop(); // else what OpenSSL keeps per thread stays with the pool's thread
    g_task_return_pointer(task, tls, [](gpointer unused) { delete static_cast<Tls*>(unused); });
  };
  GObjectPtr<GTask> task(
      g_task_new(nullptr, nullptr, finish, new std::weak_ptr<MqttSession>(weak_from_this())));
  g_task_set_task_data(task.get(), new MqttClient::Options(options_),
                       [](gpointer data) { delete static_cast<MqttClient::Options*>(data); });
  g_task_run_in_thread(task.get(), work);
}

void MqttSession::give_up() {
  auto self = shared_from_this();
  failed("no answer");
}

void MqttSession::resolve() {
  state_ = State::resolving;
  ThreadDefault here(context_);
  GObjectPtr<GResolver> resolver(g_resolver_get_default());
  auto finish = +[](GObject* source, GAsyncResult* result, gpointer data) {
    std::unique_ptr<std::weak_ptr<MqttSession>> weak(
        static_cast<std::weak_ptr<MqttSession>*>(data));
    GError* error = nullptr;
    auto* found = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
    auto self = weak->lock();
    if (self && self->state_ == State::resolving)
      self->resolved(found, error);
    g_resolver_free_addresses(found);
    g_clear_error(&error);
  };
  g_resolver_lookup_by_name_async(resolver.get(), options_.host.c_str(), cancellable_.get(), finish,
                                  new std::weak_ptr<MqttSession>(weak_from_this()));
}

void MqttSession::resolved(GList* addresses, GError* error) {
  for (auto* item = addresses; item; item = item->next)
    addresses_.push_back(GCharPtr(g_inet_address_to_string(G_INET_ADDRESS(item->data))).get());
  std::reverse(addresses_.begin(), addresses_.end());
  if (addresses_.empty())
    return failed(error ? error->message : "no address");
  connect();
}

// A client of libmosquitto's for each attempt: nothing of a former connection is left in it.
void MqttSession::connect() {
  state_ = State::connecting;
  const auto address = addresses_.back();
  addresses_.pop_back();
  notes_ = {};
  unsent_ = 0;
  if (!make_client())
    return failed("libmosquitto or OpenSSL refuses the options");
  set_callbacks();
  deadline_.arm_in(attempt_deadline);
  misc_.arm_in(misc_interval);
  settle(mosquitto_connect_async(client_.get(), address.c_str(), options_.port, keepalive_seconds));
}

bool MqttSession::make_client() {
  const auto& id = options_.client_id;
  client_.reset(mosquitto_new(id.empty() ? nullptr : id.c_str(), true, this));
  if (!client_ || !options_.tls)
    return client_ != nullptr;
  return mosquitto_void_option(client_.get(), MOSQ_OPT_SSL_CTX, tls_.get()) == MOSQ_ERR_SUCCESS &&
         mosquitto_int_option(client_.get(), MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) == MOSQ_ERR_SUCCESS;
}

void MqttSession::set_callbacks() {
  auto* client = client_.get();
  mosquitto_connect_callback_set(client, [](mosquitto*, void* self, int code) {
    auto& notes = static_cast<MqttSession*>(self)->notes_;
    if (code == 0)
      notes.accepted = true;
    else
      notes.ended = mosquitto_connack_string(code);
  });
  mosquitto_subscribe_callback_set(client,
                                   [](mosquitto*, void* self, int, int count, const int* granted) {
                                     static_cast<MqttSession*>(self)->notes_.subscribed =
                                         count > 0 && granted[0] >= 0 && granted[0] < refused_qos;
                                   });
  mosquitto_publish_callback_set(client, [](mosquitto*, void* self, int) {
    auto& unsent = static_cast<MqttSession*>(self)->unsent_;
    unsent -= unsent > 0;
  });
  mosquitto_disconnect_callback_set(client, [](mosquitto*, void* self, int code) {
    auto& notes = static_cast<MqttSession*>(self)->notes_;
    if (!notes.ended)
      notes.ended = mosquitto_strerror(code);
  });
  mosquitto_message_callback_set(
      client, [](mosquitto*, void* self, const mosquitto_message* message) {
        if (message->payloadlen < 0 || std::size_t(message->payloadlen) > largest_payload)
          return;
        const auto* bytes = static_cast<const std::uint8_t*>(message->payload);
        static_cast<MqttSession*>(self)->notes_.messages.push_back(
            {message->topic, {bytes, bytes + message->payloadlen}});
      });
}

void MqttSession::serve(GIOCondition condition) {
  auto self = shared_from_this();
  auto* client = client_.get();
  int result = MOSQ_ERR_SUCCESS;
  if (condition & G_IO_OUT)
    result = mosquitto_loop_write(client, 1);
  if (result == MOSQ_ERR_SUCCESS && (condition & ~G_IO_OUT)) {
    SSL* ssl;
    do { // what OpenSSL has taken off the socket wakes no poll
      result = mosquitto_loop_read(client, 1);
      ssl = static_cast<SSL*>(mosquitto_ssl_get(client));
    } while (result == MOSQ_ERR_SUCCESS && ssl && SSL_pending(ssl) > 0);
  }
  // Within a TLS handshake libmosquitto 2.0 takes a refused or closed connection for one that is
  // still to come, and would be called again and again.
  if (result == MOSQ_ERR_SUCCESS && state_ == State::connecting && !notes_.accepted &&
      !notes_.ended && is_dead(watch_->fd(), condition))
    notes_.ended = "no connection";
  settle(result);
}

void MqttSession::keep_alive() {
  auto self = shared_from_this();
  misc_.arm_in(misc_interval);
  settle(mosquitto_loop_misc(client_.get()));
}

/// After each call into libmosquitto but publish: acts on what it has told.
void MqttSession::settle(int result) {
  if (result != MOSQ_ERR_SUCCESS && !notes_.ended)
    notes_.ended = describe(result);
  if (std::exchange(notes_.accepted, false) && !notes_.ended)
    accepted();
  if (notes_.subscribed)
    subscribed();
  deliver();
  if (state_ == State::closed)
    return;
  if (notes_.ended)
    return failed(*std::exchange(notes_.ended, std::nullopt));
  update_watch();
}

void MqttSession::accepted() {
  if (state_ != State::connecting)
    return;
  state_ = State::subscribing;
  if (options_.inbox.empty()) {
    notes_.subscribed = true;
    return;
  }
  const int result = mosquitto_subscribe(client_.get(), nullptr, options_.inbox.c_str(), 0);
  if (result != MOSQ_ERR_SUCCESS)
    notes_.ended = describe(result);
}

void MqttSession::subscribed() {
  const bool granted = *std::exchange(notes_.subscribed, std::nullopt);
  if (state_ != State::subscribing || notes_.ended)
    return;
  if (!granted) {
    notes_.ended = "the broker refuses the subscription to the inbox";
    return;
  }
  deadline_.disarm();
  state_ = State::ready;
  ready_since_ = std::chrono::steady_clock::now();
  if (events_.ready)
    emit([this] { events_.ready(); });
}

void MqttSession::deliver() {
  auto messages = std::exchange(notes_.messages, {});
  for (auto& message : messages)
    if (state_ == State::ready && events_.message)
      emit([&] { events_.message(message.topic, message.payload); });
}

// The descriptor is another one after each connect.
void MqttSession::update_watch() {
  const int fd = mosquitto_socket(client_.get());
  if (watch_ && watch_->fd() != fd)
    watch_.reset();
  if (fd < 0)
    return failed("no connection");
  if (!watch_)
    watch_ = std::make_unique<FdWatch>(context_, fd, [this](auto condition) { serve(condition); });
  watch_->want_write(mosquitto_want_write(client_.get()));
}

// Never called from within libmosquitto.
void MqttSession::failed(std::string reason) {
  const auto before = std::exchange(state_, State::waiting);
  watch_.reset();
  client_.reset();
  deadline_.disarm();
  misc_.disarm();
  if (before == State::connecting && !addresses_.empty())
    return retry_.arm_in(0ns); // the host has another address
  addresses_.clear();
  if (before == State::ready && std::chrono::steady_clock::now() - ready_since_ >= stable)
    failures_ = 0;
  retry_.arm_in(next_delay());
  if (events_.lost)
    emit([&] { events_.lost(std::move(reason)); });
}

// Exponential, capped, and spread over the upper half, so that the viewers of a broker that came
// back do not come back in one instant.
std::chrono::milliseconds MqttSession::next_delay() {
  const double first = options_.backoff_first.count();
  const double delay =
      std::min<double>(options_.backoff_most.count(), first * double(1u << failures_));
  failures_ = std::min(failures_ + 1, 20u);
  return std::chrono::milliseconds(
      std::int64_t(std::uniform_real_distribution(0.5, 1.0)(random_) * delay));
}

bool MqttSession::publish(const std::string& topic, std::span<const std::uint8_t> payload) {
  if (state_ != State::ready || payload.size() > largest_payload || unsent_ >= most_unsent)
    return false;
  ++unsent_;
  const int result = mosquitto_publish(client_.get(), nullptr, topic.c_str(), int(payload.size()),
                                       payload.data(), 0, false);
  if (result == MOSQ_ERR_INVAL || result == MOSQ_ERR_MALFORMED_UTF8)
    --unsent_; // the caller's fault, nothing has happened
  else if (result != MOSQ_ERR_SUCCESS || mosquitto_socket(client_.get()) < 0)
    misc_.arm_in(0ns); // the connection has ended; found out there, for no event comes from here
  else
    watch_->want_write(mosquitto_want_write(client_.get()));
  return result == MOSQ_ERR_SUCCESS;
}

} // namespace p2plive::net
