// A path between the two ends of a Pair that takes its time: a relay on 127.0.0.1 that hands every
// datagram on, in order, after a delay.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib-unix.h>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace p2plive::test {

class LongPath {
public:
  LongPath(GMainContext* context, std::chrono::milliseconds one_way) : one_way_(one_way) {
    for (auto& end : ends_) {
      end.socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      int size = 4 * 1024 * 1024;
      setsockopt(end.socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
      auto any = address(0);
      bind(end.socket, reinterpret_cast<sockaddr*>(&any), sizeof any);
      auto* source = g_unix_fd_source_new(end.socket, G_IO_IN);
      auto arrived = +[](int socket, GIOCondition, gpointer self) -> gboolean {
        static_cast<LongPath*>(self)->take(socket);
        return G_SOURCE_CONTINUE;
      };
      add(context, source, G_SOURCE_FUNC(arrived));
    }
    auto due = +[](gpointer self) -> gboolean {
      static_cast<LongPath*>(self)->hand_on();
      return G_SOURCE_CONTINUE;
    };
    add(context, g_timeout_source_new(1), due);
  }
  ~LongPath() {
    for (auto* source : sources_) {
      g_source_destroy(source);
      g_source_unref(source);
    }
    for (auto& end : ends_)
      ::close(end.socket);
  }
  LongPath(const LongPath&) = delete;
  LongPath& operator=(const LongPath&) = delete;

  /// The offer, whose one candidate is this path's now. The answer has to go without candidates.
  std::string through(std::string offer) {
    const std::string host = " 127.0.0.1 ";
    auto at = offer.find(host, offer.find("a=candidate")) + host.size();
    auto end = offer.find(' ', at);
    ends_[1].other = address(std::uint16_t(std::stoul(offer.substr(at, end - at))));
    sockaddr_in ours{};
    socklen_t size = sizeof ours;
    getsockname(ends_[0].socket, reinterpret_cast<sockaddr*>(&ours), &size);
    return offer.replace(at, end - at, std::to_string(ntohs(ours.sin_port)));
  }

private:
  using Clock = std::chrono::steady_clock;
  struct End {
    int socket = -1;
    sockaddr_in other{}; ///< the answerer's is known when it has sent something
  };
  struct Datagram {
    Clock::time_point due;
    std::size_t to = 0;
    std::vector<char> bytes;
  };

  static sockaddr_in address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  template <typename Callback>
  void add(GMainContext* context, GSource* source, Callback callback) {
    g_source_set_callback(source, callback, this, nullptr);
    g_source_set_priority(source, G_PRIORITY_HIGH);
    g_source_attach(source, context);
    sources_.push_back(source);
  }
  void take(int socket) {
    std::array<char, 2048> bytes;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto side = std::size_t(socket == ends_[1].socket);
    for (ssize_t count; (count = recvfrom(socket, bytes.data(), bytes.size(), 0,
                                          reinterpret_cast<sockaddr*>(&from), &size)) > 0;) {
      if (side == 0)
        ends_[0].other = from;
      under_way_.push_back(
          {Clock::now() + one_way_, 1 - side, {bytes.data(), bytes.data() + count}});
    }
  }
  void hand_on() {
    for (; !under_way_.empty() && under_way_.front().due <= Clock::now(); under_way_.pop_front()) {
      auto& datagram = under_way_.front();
      auto& end = ends_[datagram.to];
      sendto(end.socket, datagram.bytes.data(), datagram.bytes.size(), 0,
             reinterpret_cast<const sockaddr*>(&end.other), sizeof end.other);
    }
  }

  std::chrono::milliseconds one_way_;
  std::array<End, 2> ends_; ///< towards the answerer, towards the offerer
  std::deque<Datagram> under_way_;
  std::vector<GSource*> sources_;
};

} // namespace p2plive::test
