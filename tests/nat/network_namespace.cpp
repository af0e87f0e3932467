// SPDX-License-Identifier: LGPL-2.1-or-later
#include "network_namespace.h"

#include "processes/child_process.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace p2plive::test {

namespace {

int open_own() {
  return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

} // namespace

NetworkNamespace::NetworkNamespace() {
  auto before = open_own();
  if (before < 0 || unshare(CLONE_NEWNET) != 0)
    give_up("no network namespace");
  descriptor_ = open_own();
  auto back = setns(before, CLONE_NEWNET);
  ::close(before);
  if (back != 0 || descriptor_ < 0)
    give_up("the network namespace was lost");
  // Addresses are used at once, not after a second of looking for duplicates.
  run("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad\n"
      "echo 0 > /proc/sys/net/ipv6/conf/default/accept_ra\n"
      "ip link set lo up");
}

NetworkNamespace::~NetworkNamespace() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

NetworkNamespace::NetworkNamespace(NetworkNamespace&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

NetworkNamespace& NetworkNamespace::operator=(NetworkNamespace&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

std::optional<std::string> NetworkNamespace::refusal() {
  // In a child: the attempt itself must not move this process.
  auto child = fork();
  if (child == 0)
    _exit(unshare(CLONE_NEWNET) == 0 ? 0 : errno);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
    return "it cannot be found out whether network namespaces can be made";
  if (auto error = WEXITSTATUS(status))
    return std::string("network namespaces cannot be made here (") + std::strerror(error) +
           "); run as root";
  return {};
}

void NetworkNamespace::run(const std::string& script) const {
  processes::TemporaryDirectory folder("p2plive-nat-test");
  processes::SpawnOptions options;
  options.argv = {"sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n" + script};
  options.log = folder / "log";
  Inside inside(*this);
  auto shell = processes::ChildProcess::spawn(options);
  if (!shell)
    throw std::runtime_error(shell.error());
  auto ended = shell->wait(std::chrono::seconds(20));
  if (!ended || !ended->ok())
    throw std::runtime_error("in a namespace: " + script + "\n" +
                             processes::log_tail(folder / "log"));
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

NetworkNamespace::Inside::Inside(const NetworkNamespace& where) : before_(open_own()) {
  if (before_ < 0 || setns(where.descriptor_, CLONE_NEWNET) != 0)
    give_up("no way into the namespace");
}

NetworkNamespace::Inside::~Inside() {
  setns(before_, CLONE_NEWNET);
  ::close(before_);
}

} // namespace p2plive::test
