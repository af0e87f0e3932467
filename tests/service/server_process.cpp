// SPDX-License-Identifier: LGPL-2.1-or-later
#include "server_process.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

namespace server_test {
namespace {

constexpr auto deadline = 10s;

// Up to and with the first line break; what there is when the output ends or time is up.
std::string read_line(int fd) {
  auto end = std::chrono::steady_clock::now() + deadline;
  std::string line;
  while (!line.ends_with('\n') && std::chrono::steady_clock::now() < end) {
    pollfd waiting{fd, POLLIN, 0};
    poll(&waiting, 1, 100);
    char c;
    auto got = ::read(fd, &c, 1);
    if (got == 0)
      break;
    if (got == 1)
      line += c;
  }
  return line;
}

std::string header(SoupMessage* message, const char* name) {
  auto* value = soup_message_headers_get_one(soup_message_get_response_headers(message), name);
  return value ? value : "";
}

} // namespace

Response send(const char* method, const std::string& uri, const std::optional<Bytes>& body,
              const Headers& headers) {
  auto* session = soup_session_new_with_options("timeout", 10u, nullptr);
  auto* message = soup_message_new(method, uri.c_str());
  fail_unless(message != nullptr, "%s is no URI", uri.c_str());
  for (const auto& [name, value] : headers)
    soup_message_headers_append(soup_message_get_request_headers(message), name.c_str(),
                                value.c_str());
  if (body) {
    auto* bytes = g_bytes_new(body->data(), body->size());
    soup_message_set_request_body_from_bytes(message, "application/x-flatbuffers", bytes);
    g_bytes_unref(bytes);
  }
  Response response;
  if (auto* got = soup_session_send_and_read(session, message, nullptr, nullptr)) {
    gsize size = 0;
    auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(got, &size));
    response.body.assign(data, data + size);
    g_bytes_unref(got);
    response.status = soup_message_get_status(message);
    response.content_type = header(message, "Content-Type");
    response.retry_after = header(message, "Retry-After");
    response.allow = header(message, "Allow");
    response.upgrade = header(message, "Upgrade");
  }
  g_object_unref(message);
  g_object_unref(session);
  return response;
}

bool wait_for(const std::function<bool()>& condition) {
  auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

Server::Server(std::vector<std::string> arguments, const std::string& conf,
               const std::string& listen) {
  processes::SpawnOptions options;
  options.argv = {P2PLIVE_SERVER, "--listen", listen};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  if (!conf.empty()) {
    std::ofstream(folder_ / "conf") << conf;
    options.argv.insert(options.argv.end(), {"--config", (folder_ / "conf").string()});
  }
  options.log = folder_ / "errors";
  options.pipe_output = true;
  auto child = processes::ChildProcess::spawn(options);
  fail_unless(child.has_value(), "%s", child ? "" : child.error().c_str());
  process_ = std::move(*child);
  line_ = read_line(process_.output());
  if (auto begin = line_.find("http://"); begin != line_.npos)
    base_ = line_.substr(begin, line_.find("/ ", begin) - begin);
}

std::uint16_t Server::port() const {
  return static_cast<std::uint16_t>(std::stoi(base_.substr(base_.rfind(':') + 1)));
}

std::string Server::rest_of_output() {
  return read_line(process_.output());
}

std::string Server::errors() const {
  std::stringstream text;
  text << std::ifstream(folder_ / "errors").rdbuf();
  return text.str();
}

RawConnection::RawConnection(const Server& server)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  fail_unless_equals_int(::connect(socket_, generic, sizeof address), 0);
  timeval patience{std::chrono::seconds(deadline).count(), 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

RawConnection::~RawConnection() {
  close(socket_);
}

bool RawConnection::write(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<std::string> RawConnection::read_to_end() {
  std::string text;
  char buffer[4096];
  while (true) {
    auto count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count < 0)
      return errno == ECONNRESET ? std::optional(text) : std::nullopt;
    if (count == 0)
      return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

} // namespace server_test
