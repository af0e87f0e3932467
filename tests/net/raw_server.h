// A server of bytes, for what no real server would do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace p2plive::test {

/// A connection that was accepted; on the server's thread. Every call ends when the server does.
class RawConnection {
public:
  RawConnection(int fd, const std::atomic<bool>& stop) : fd_(fd), stop_(stop) {}
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// What comes, at least one byte; empty: the other side has closed.
  std::string read() {
    char buffer[4096];
    if (!wait(POLLIN))
      return {};
    const auto length = recv(fd_, buffer, sizeof buffer, 0);
    return length > 0 ? std::string(buffer, length) : std::string();
  }
  /// Up to the end of an HTTP request's head.
  std::string read_head() {
    std::string head;
    while (head.find("\r\n\r\n") == head.npos) {
      const auto more = read();
      if (more.empty())
        break;
      head += more;
    }
    return head;
  }
  /// Exactly so many bytes, or fewer at the end.
  std::string read_exactly(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size && wait(POLLIN)) {
      const auto length = recv(fd_, bytes.data() + have, size - have, 0);
      if (length <= 0)
        break;
      have += length;
    }
    bytes.resize(have);
    return bytes;
  }
  bool write(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      if (!wait(POLLOUT))
        return false;
      const auto length =
          send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (length <= 0)
        return false;
      sent += length;
    }
    return true;
  }
  /// Says nothing until the other side closes (true) or the server ends.
  bool hold() {
    while (!stop_)
      if (read().empty() && !stop_)
        return true;
    return false;
  }
  /// The connection ends with RST instead of FIN.
  void reset_at_close() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

private:
  bool wait(short events) {
    pollfd poller{fd_, events, 0};
    while (!stop_)
      if (poll(&poller, 1, 10) > 0)
        return true;
    return false;
  }

  int fd_;
  const std::atomic<bool>& stop_;
};

class RawServer {
public:
  /// `serve` runs for each connection, one after another, on the server's thread.
  explicit RawServer(std::function<void(RawConnection&)> serve) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    (void)listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] { run(serve); });
  }
  ~RawServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  unsigned accepted() const { return accepted_; }

private:
  void run(const std::function<void(RawConnection&)>& serve) {
    pollfd poller{listener_, POLLIN, 0};
    while (!stop_) {
      if (poll(&poller, 1, 10) <= 0)
        continue;
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0)
        continue;
      ++accepted_;
      RawConnection connection(fd, stop_);
      serve(connection);
    }
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<unsigned> accepted_ = 0;
  std::thread thread_;
};

} // namespace p2plive::test
