// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/free_port.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace p2plive::processes {

namespace {

class Socket {
public:
  explicit Socket(int type) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0)
      close(fd_);
  }
  int fd() const { return fd_; }
  bool bind(std::uint16_t port) {
    auto address = at(port, "127.0.0.1");
    return ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connect(std::uint16_t port, const std::string& to) {
    auto address = at(port, to);
    return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  std::uint16_t port() const {
    sockaddr_in address = {};
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

private:
  static sockaddr_in at(std::uint16_t port, const std::string& host) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
  }

  int fd_;
};

} // namespace

std::uint16_t free_port() {
  for (int attempt = 0; attempt < 20; ++attempt) {
    Socket tcp(SOCK_STREAM), udp(SOCK_DGRAM);
    if (tcp.bind(0) && udp.bind(tcp.port()))
      return tcp.port();
  }
  return 0;
}

bool tcp_answers(std::uint16_t port, const std::string& address) {
  return Socket(SOCK_STREAM).connect(port, address);
}

bool stun_answers(std::uint16_t port, std::chrono::milliseconds deadline,
                  const std::string& address) {
  Socket udp(SOCK_DGRAM);
  if (!udp.connect(port, address))
    return false;
  // A binding request without attributes: type, length, magic cookie, transaction id.
  std::array<std::uint8_t, 20> request = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 'p', '2',
                                          'p',  'l',  'i',  'v',  'e',  's',  't',  'u',  'n', '0'};
  if (send(udp.fd(), request.data(), request.size(), 0) < 0)
    return false;
  struct pollfd readable = {udp.fd(), POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(deadline.count())) != 1)
    return false;
  std::array<std::uint8_t, 512> answer;
  auto size = recv(udp.fd(), answer.data(), answer.size(), 0);
  return size >= 20 && answer[0] == 0x01 && answer[1] == 0x01 &&
         std::memcmp(answer.data() + 4, request.data() + 4, 16) == 0;
}

} // namespace p2plive::processes
