// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/interrupts.h"

#include <csignal>
#include <initializer_list>
#include <sys/signalfd.h>
#include <unistd.h>

namespace p2plive::bench {

namespace {

sigset_t set_of_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

} // namespace

Interrupts::Interrupts() {
  auto set = set_of_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Interrupts::~Interrupts() {
  close(fd_);
}

bool Interrupts::taken() {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof info) == sizeof info) {
    taken_ = true;
    auto set = set_of_signals();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
  }
  return taken_;
}

} // namespace p2plive::bench
