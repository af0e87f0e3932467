// The answering end of a connection in a process of its own, so that it can be stopped and killed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer_pair.h"

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace p2plive::test {

/// Forks; `behave` says in the child what it does with its Peer. The child ends with this object,
/// or with this process.
class RemotePeer {
public:
  explicit RemotePeer(const std::function<void(Peer&)>& behave) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      return;
    auto parent = getpid();
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() == parent)
        run(ends[1], behave);
      _exit(1);
    }
    ::close(ends[1]);
    signalling_ = ends[0];
  }
  ~RemotePeer() {
    kill(SIGKILL);
    waitpid(child_, nullptr, 0);
    ::close(signalling_);
  }
  RemotePeer(const RemotePeer&) = delete;
  RemotePeer& operator=(const RemotePeer&) = delete;

  void kill(int signal) { ::kill(child_, signal); }

  /// Has `peer` offer, and carries offer and answer.
  void connect(Peer& peer) {
    peer.on_description = [this, &peer](const std::string& sdp) {
      ::send(signalling_, sdp.data(), sdp.size(), MSG_NOSIGNAL);
      peer.connection->accept_answer(receive(signalling_));
    };
    peer.connection->offer();
  }

private:
  static std::string receive(int socket) {
    std::string text(16 * 1024, '\0');
    auto size = recv(socket, text.data(), text.size(), 0);
    text.resize(size > 0 ? std::size_t(size) : 0);
    return text;
  }

  static void run(int signalling, const std::function<void(Peer&)>& behave) {
    Loop loop;
    Peer peer(loop.context());
    behave(peer);
    peer.on_description = [&](const std::string& sdp) {
      ::send(signalling, sdp.data(), sdp.size(), MSG_NOSIGNAL);
    };
    peer.connection->accept_offer(receive(signalling));
    while (!peer.closed)
      g_main_context_iteration(loop.context(), TRUE);
    _exit(0);
  }

  pid_t child_ = -1;
  int signalling_ = -1;
};

} // namespace p2plive::test
