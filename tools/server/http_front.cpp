// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server/http_front.h"

#include <string_view>

namespace p2plive::server {
namespace {

constexpr char health_path[] = "/healthz";
// Connections that wait to be accepted. With GLib's 10 a crowd that comes at once loses seconds to
// TCP's retries; the kernel may allow fewer (net.core.somaxconn).
constexpr int backlog = 4096;
// What still comes of a body that was refused is read and thrown away up to here, so that the
// client gets to see the answer; beyond it the connection is cut.
constexpr goffset max_discarded = 1 << 20;

service::Time now() {
  return service::Time(std::chrono::microseconds(g_get_monotonic_time()));
}

bool is_get(const char* method) {
  return method == std::string_view("GET") || method == std::string_view("HEAD");
}

void respond(SoupServerMessage* message, const service::Answer& answer) {
  auto* headers = soup_server_message_get_response_headers(message);
  if (answer.retry_after)
    soup_message_headers_replace(headers, "Retry-After",
                                 std::to_string(answer.retry_after->count()).c_str());
  if (answer.status == 426) // RFC 9110, section 15.5.22
    soup_message_headers_replace(headers, "Upgrade", "p2plive/1");
  soup_server_message_set_status(message, answer.status, nullptr);
  soup_server_message_set_response(message, "application/x-flatbuffers", SOUP_MEMORY_COPY,
                                   reinterpret_cast<const char*>(answer.body.data()),
                                   answer.body.size());
}

// RFC 9110, section 15.5.6.
void refuse_method(SoupServerMessage* message, const char* allowed) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message), "Allow", allowed);
  respond(message, service::refuse(405, "this path takes " + std::string(allowed)));
}

void refuse_body(SoupServerMessage* message) {
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
  respond(message, service::refuse(413, "the body is longer than 16 KiB"));
}

// libsoup does not know the socket of a connection that it did not accept; the connection's remote
// address carries it.
constexpr char socket_mark[] = "p2plive-socket";

// Ends the connection for the client; libsoup sees the end of the stream and cleans up.
void cut(SoupServerMessage* message) {
  auto* remote = soup_server_message_get_remote_address(message);
  if (auto* socket = g_object_get_data(G_OBJECT(remote), socket_mark))
    g_socket_shutdown(G_SOCKET(socket), TRUE, FALSE, nullptr);
}

// Counts what has come of a body, since one that is not accumulated is not counted by libsoup.
goffset count_received(SoupServerMessage* message, GBytes* chunk) {
  constexpr char mark[] = "p2plive-received";
  auto received = reinterpret_cast<gsize>(g_object_get_data(G_OBJECT(message), mark));
  received += g_bytes_get_size(chunk);
  g_object_set_data(G_OBJECT(message), mark, reinterpret_cast<gpointer>(received));
  return static_cast<goffset>(received);
}

} // namespace

// libsoup 3.2 leaks every socket that it accepts itself, so the accepting is done here.
HttpFront::HttpFront(const ServerOptions& options)
    : listener_(g_socket_service_new()),
      server_(soup_server_new("server-header", "p2plive-server", nullptr)),
      max_connections_(options.max_connections), idle_timeout_(options.idle_timeout),
      address_header_(options.address_header) {
  g_socket_listener_set_backlog(G_SOCKET_LISTENER(listener_), backlog);
  g_signal_connect(listener_, "incoming", G_CALLBACK(on_incoming), this);
  soup_server_add_early_handler(server_, nullptr, on_headers, this, nullptr);
  soup_server_add_handler(server_, nullptr, on_request, this, nullptr);
}

HttpFront::~HttpFront() {
  g_socket_service_stop(listener_);
  g_socket_listener_close(G_SOCKET_LISTENER(listener_));
  g_object_unref(listener_);
  soup_server_disconnect(server_);
  g_object_unref(server_);
}

OrError<std::unique_ptr<HttpFront>> HttpFront::listen(const ServerOptions& options) {
  auto* address =
      g_inet_socket_address_new_from_string(options.listen.host.c_str(), options.listen.port);
  if (!address)
    return tl::unexpected("\"" + options.listen.host +
                          "\" is not an address to listen on: write one like 127.0.0.1");
  std::unique_ptr<HttpFront> front(new HttpFront(options));
  GError* error = nullptr;
  GSocketAddress* bound = nullptr;
  bool listening = g_socket_listener_add_address(G_SOCKET_LISTENER(front->listener_), address,
                                                 G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                                 nullptr, &bound, &error);
  g_object_unref(address);
  if (!listening) {
    auto why = "cannot listen on " + to_string(options.listen) + ": " + error->message;
    g_error_free(error);
    return tl::unexpected(why);
  }
  front->port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
  g_object_unref(bound);
  return front;
}

gboolean HttpFront::on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                                gpointer self) {
  static_cast<HttpFront*>(self)->accept(connection);
  return TRUE;
}

// Beyond the limit the connection is closed by letting go of it.
void HttpFront::accept(GSocketConnection* connection) {
  if (*connections_ >= max_connections_)
    return;
  auto* remote = g_socket_connection_get_remote_address(connection, nullptr);
  auto* local = g_socket_connection_get_local_address(connection, nullptr);
  if (remote && local) { // else it is gone again already
    auto* socket = g_socket_connection_get_socket(connection);
    g_socket_set_timeout(socket, static_cast<guint>(idle_timeout_.count()));
    g_object_set_data_full(G_OBJECT(remote), socket_mark, g_object_ref(socket), g_object_unref);
    ++*connections_;
    using Count = std::shared_ptr<unsigned>;
    g_object_set_data_full(G_OBJECT(socket), "p2plive-count", new Count(connections_),
                           [](gpointer data) {
                             auto* count = static_cast<Count*>(data);
                             --**count;
                             delete count;
                           });
    soup_server_accept_iostream(server_, G_IO_STREAM(connection), local, remote, nullptr);
  }
  g_clear_object(&remote);
  g_clear_object(&local);
}

// Refuses what need not be read before its body comes.
void HttpFront::on_headers(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                           gpointer self) {
  auto* front = static_cast<HttpFront*>(self);
  auto* headers = soup_server_message_get_request_headers(message);
  const char* method = soup_server_message_get_method(message);
  // One request a connection. A viewer comes back after half a minute, and a descriptor for all
  // that time costs more than a connect; and libsoup 3.2 never frees a connection whose client
  // leaves while it is idle after a request.
  soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection",
                               "close");
  g_signal_connect(message, "got-chunk", G_CALLBACK(on_chunk), self);
  if (path == std::string_view(health_path)) {
    if (!is_get(method))
      refuse_method(message, "GET, HEAD");
  } else if (!front->services_ || !front->services_->serves(path)) {
    respond(message, service::refuse(404, "there is no such service here"));
  } else if (method != std::string_view("POST")) {
    refuse_method(message, "POST");
  } else if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH &&
             soup_message_headers_get_content_length(headers) >
                 static_cast<goffset>(service::max_request_size)) {
    refuse_body(message);
  }
  if (soup_server_message_get_status(message) != 0)
    soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
}

void HttpFront::on_chunk(SoupServerMessage* message, GBytes* chunk, gpointer) {
  auto received = count_received(message, chunk);
  if (received > max_discarded)
    cut(message);
  else if (received > static_cast<goffset>(service::max_request_size) &&
           soup_server_message_get_status(message) == 0)
    refuse_body(message);
}

void HttpFront::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                           gpointer self) {
  auto* front = static_cast<HttpFront*>(self);
  if (soup_server_message_get_status(message) != 0)
    return;
  if (path == std::string_view(health_path)) {
    auto text = front->health();
    soup_server_message_set_status(message, 200, nullptr);
    soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, text.data(),
                                     text.size());
    return;
  }
  auto* body = soup_message_body_flatten(soup_server_message_get_request_body(message));
  gsize size = 0;
  auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(body, &size));
  respond(message, front->services_->post(path, {data, size}, front->network_of(message), now()));
  g_bytes_unref(body);
}

std::string HttpFront::health() const {
  auto health = services_->health();
  std::string roles;
  for (auto role : health.roles)
    roles.append(roles.empty() ? "\"" : ",\"").append(service::name(role)).append("\"");
  return "{\"status\":\"ok\",\"roles\":[" + roles +
         "],\"viewers\":" + std::to_string(health.viewers) +
         ",\"swarms\":" + std::to_string(health.swarms) +
         ",\"requests\":" + std::to_string(health.requests) +
         ",\"refused\":" + std::to_string(health.refused) +
         ",\"shed\":" + std::to_string(health.shed) +
         ",\"connections\":" + std::to_string(*connections_) + "}\n";
}

// From the proxy's header where there is one, else from the connection.
service::NetworkPrefix HttpFront::network_of(SoupServerMessage* message) const {
  GInetAddress* address = nullptr;
  if (!address_header_.empty()) {
    auto* headers = soup_server_message_get_request_headers(message);
    const char* value = soup_message_headers_get_list(headers, address_header_.c_str());
    std::string_view entry = value ? value : "";
    entry = entry.substr(entry.rfind(',') + 1); // npos + 1 is the beginning
    entry = entry.substr(std::min(entry.find_first_not_of(" \t"), entry.size()));
    address = g_inet_address_new_from_string(std::string(entry).c_str());
  } else if (auto* remote = soup_server_message_get_remote_address(message);
             G_IS_INET_SOCKET_ADDRESS(remote)) {
    auto* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(remote));
    address = G_INET_ADDRESS(g_object_ref(inet));
  }
  if (!address)
    return {};
  auto network = service::NetworkPrefix::of(
      {g_inet_address_to_bytes(address),
       static_cast<std::size_t>(g_inet_address_get_native_size(address))});
  g_object_unref(address);
  return network;
}

} // namespace p2plive::server
