// SPDX-License-Identifier: LGPL-2.1-or-later
#include "far_stun.h"

#include "../net/stun_answer.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace p2plive::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Answer {
  Clock::time_point due;
  sockaddr_in to{};
  std::vector<std::uint8_t> bytes;
};

[[noreturn]] void run(int socket, std::chrono::milliseconds round_trip) {
  std::deque<Answer> answers;
  for (;;) {
    int wait = -1;
    if (!answers.empty()) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(answers.front().due - Clock::now());
      wait = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }
    pollfd readable{socket, POLLIN, 0};
    if (poll(&readable, 1, wait) > 0) {
      std::uint8_t request[512];
      Answer answer{Clock::now() + round_trip, {}, {}};
      socklen_t size = sizeof answer.to;
      auto count = recvfrom(socket, request, sizeof request, 0,
                            reinterpret_cast<sockaddr*>(&answer.to), &size);
      auto bytes = test::stun_answer(
          {request, static_cast<std::size_t>(std::max<ssize_t>(0, count))}, answer.to);
      if (bytes) {
        answer.bytes = std::move(*bytes);
        answers.push_back(std::move(answer));
      }
    }
    for (; !answers.empty() && answers.front().due <= Clock::now(); answers.pop_front())
      sendto(socket, answers.front().bytes.data(), answers.front().bytes.size(), 0,
             reinterpret_cast<sockaddr*>(&answers.front().to), sizeof answers.front().to);
  }
}

} // namespace

FarStun::FarStun(std::chrono::milliseconds round_trip) {
  int socket = test::udp_socket(port_);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(socket, round_trip);
  }
  ::close(socket);
  if (process_ < 0)
    port_ = 0;
}

FarStun::~FarStun() {
  if (process_ <= 0)
    return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

} // namespace p2plive::bench
