// Benchmark of lib/net's data channels: two processes, one thread each, on 127.0.0.1.
//
//   transport-bench throughput CONNECTIONS MESSAGE-BYTES SECONDS [MBIT/S]
//   transport-bench setup COUNT [at-once] [stun MS] [in-advance]
//   transport-bench idle FEW MANY
//
// "stun" gathers from a STUN server that is MS away; "in-advance" keeps transports gathered, and
// with connections one after another each waits until they have. Prints one line of JSON.
// tests/bench/transport.sh runs it beside other libraries. SPDX-License-Identifier:
// LGPL-2.1-or-later
#include "experiments.h"
#include "far_stun.h"

#include <glib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace p2plive::bench;

namespace {

/// A socket for each idle connection.
void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool says(const std::vector<std::string>& arguments, const std::string& word) {
  return std::ranges::find(arguments, word) != arguments.end();
}

bool measure(Side& side, const std::vector<std::string>& arguments) {
  auto number = [&](std::size_t place, double otherwise) {
    return place < arguments.size() ? std::atof(arguments[place].c_str()) : otherwise;
  };
  auto what = arguments.empty() ? "" : arguments[0];
  if (what == "throughput") {
    Load load;
    load.connections = static_cast<std::size_t>(number(1, 1));
    load.message = static_cast<std::size_t>(number(2, 65'536));
    load.time = std::chrono::duration<double>(number(3, 2));
    load.bits_per_second = static_cast<std::uint64_t>(number(4, 0) * 1e6);
    measure_throughput(side, load);
  } else if (what == "setup") {
    measure_setup(side, static_cast<std::size_t>(number(1, 200)), says(arguments, "at-once"));
  } else if (what == "idle") {
    measure_idle(side, static_cast<std::size_t>(number(1, 100)),
                 static_cast<std::size_t>(number(2, 1000)));
  } else {
    std::fputs("usage: transport-bench throughput|setup|idle ...\n", stderr);
    return false;
  }
  return true;
}

template <typename Work>
int run(int socket, const Gathering& gathering, Work work) {
  auto* context = g_main_context_new();
  g_main_context_push_thread_default(context);
  bool done = false;
  {
    Side side(context, socket, gathering);
    done = work(side);
  }
  g_main_context_pop_thread_default(context);
  g_main_context_unref(context);
  return done ? 0 : 2;
}

} // namespace

int main(int argc, char** argv) {
  allow_many_files();
  std::vector<std::string> arguments{argv + 1, argv + argc};
  Gathering gathering;
  gathering.in_advance = says(arguments, "in-advance") ? 3 : 0;
  std::optional<FarStun> stun;
  if (auto at = std::ranges::find(arguments, "stun"); at < arguments.end() - 1) {
    stun.emplace(std::chrono::milliseconds(std::stoi(at[1])));
    gathering.stun = {{"127.0.0.1", stun->port()}};
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return 1;
  auto child = fork();
  if (child < 0)
    return 1;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    return run(ends[1], gathering, [](Side& side) {
      serve(side);
      return true;
    });
  }
  ::close(ends[1]);
  auto result = run(ends[0], gathering, [&](Side& side) {
    auto measured = measure(side, arguments);
    side.say("bye");
    return measured;
  });
  waitpid(child, nullptr, 0);
  return result;
}
