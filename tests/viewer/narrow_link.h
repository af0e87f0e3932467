// A link of a set rate between a viewer and a server on loopback, for tests: all connections
// through it share the rate, as those of a household do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace p2plive::test {

class NarrowLink {
public:
  /// To `server` on 127.0.0.1; carries whatever it can until a rate is set. Throws
  /// std::runtime_error.
  explicit NarrowLink(std::uint16_t server) : server_(server), listener_(listen_anywhere()) {
    thread_ = std::thread([this] { run(); });
  }
  ~NarrowLink() {
    stop_ = true;
    thread_.join();
    for (auto& pair : pairs_)
      pair.close();
    ::close(listener_);
  }
  NarrowLink(const NarrowLink&) = delete;
  NarrowLink& operator=(const NarrowLink&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  /// Bytes a second from the server; 0: no limit.
  void set_rate(std::uint64_t rate) { rate_ = rate; }
  /// How often clients have sent this.
  std::size_t asked(const std::string& what) const {
    std::lock_guard guard(lock_);
    return count(what);
  }
  /// Whether they have so often, in time.
  bool wait_until_asked(const std::string& what, std::size_t times,
                        std::chrono::seconds patience) const {
    std::unique_lock guard(lock_);
    return grew_.wait_for(guard, patience, [&] { return count(what) >= times; });
  }

private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool over = false;
    void close() const {
      ::close(client);
      ::close(server);
    }
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  int listen_anywhere() {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, any, size) != 0 || ::listen(fd, 64) != 0 ||
        ::getsockname(fd, any, &size) != 0)
      throw std::runtime_error("no socket for a link");
    port_ = ntohs(address.sin_port);
    return fd;
  }

  void accept() {
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (pair.client < 0)
      return;
    pair.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int small = 16 << 10; // what is in flight is of the old rate
    ::setsockopt(pair.server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    auto address = loopback(server_);
    pair.over = ::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
    pairs_.push_back(pair);
  }

  std::size_t count(const std::string& what) const {
    std::size_t count = 0;
    for (auto at = asked_.find(what); at != std::string::npos; at = asked_.find(what, at + 1))
      ++count;
    return count;
  }

  std::size_t pass_request(const Pair& pair) {
    auto size = pass(pair.client, pair.server, bytes_.size());
    std::lock_guard guard(lock_);
    asked_.append(bytes_.data(), size);
    grew_.notify_all();
    return size;
  }

  /// How many bytes went; 0: nothing more will come.
  std::size_t pass(int from, int to, std::size_t most) {
    auto size = ::recv(from, bytes_.data(), std::min(most, bytes_.size()), 0);
    if (size <= 0)
      return 0;
    for (ssize_t sent = 0; sent < size;) {
      auto part =
          ::send(to, bytes_.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (part <= 0)
        return 0;
      sent += part;
    }
    return static_cast<std::size_t>(size);
  }

  void earn() {
    auto now = std::chrono::steady_clock::now();
    auto passed = std::chrono::duration<double>(now - std::exchange(earned_at_, now)).count();
    auto rate = static_cast<double>(rate_.load());
    budget_ = rate > 0 ? std::min(budget_ + rate * passed, std::max(rate * 0.05, 1500.0))
                       : std::numeric_limits<double>::max();
  }

  void run() {
    while (!stop_) {
      earn();
      bool open = budget_ >= 1;
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (const auto& pair : pairs_) {
        polled.push_back({pair.client, POLLIN, 0});
        polled.push_back({open ? pair.server : -1, POLLIN, 0});
      }
      ::poll(polled.data(), polled.size(), 5);
      auto next = polled.begin() + 1;
      for (auto& pair : pairs_) {
        if (next++->revents && pass_request(pair) == 0)
          pair.over = true;
        if (next++->revents && !pair.over && budget_ >= 1) {
          auto went = pass(pair.server, pair.client,
                           static_cast<std::size_t>(std::min(budget_, 1400.0 * 8)));
          pair.over = went == 0;
          budget_ -= static_cast<double>(went);
        }
      }
      std::erase_if(pairs_, [](const Pair& pair) {
        if (pair.over)
          pair.close();
        return pair.over;
      });
      if (polled.front().revents)
        accept();
    }
  }

  std::uint16_t server_;
  std::uint16_t port_ = 0;
  int listener_;
  std::atomic<std::uint64_t> rate_{0};
  std::atomic<bool> stop_{false};
  mutable std::mutex lock_;
  mutable std::condition_variable grew_; ///< what clients have sent
  std::string asked_;                    ///< under the lock
  std::list<Pair> pairs_;
  std::array<char, 64 << 10> bytes_;
  double budget_ = 0;
  std::chrono::steady_clock::time_point earned_at_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

} // namespace p2plive::test
