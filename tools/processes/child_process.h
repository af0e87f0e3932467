// A program that runs as a child of this process and ends with it, however this process ends: the
// kernel kills it (PR_SET_PDEATHSIG) when the *thread* that spawned it is gone. So spawn from the
// main thread, or from one that lives as long as the child should. The bond is lost when the
// program changes its user id; give such programs an option that keeps them from it.
//
// An object belongs to one thread at a time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace p2plive::processes {

struct SpawnOptions {
  std::vector<std::string> argv; ///< argv[0] is looked up in PATH, and in the sbin folders
  /// Set in the child's environment, beside what is inherited.
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path working_directory; ///< empty: as it is
  /// Standard output and standard error are appended here; empty: inherited.
  std::filesystem::path log;
  /// Standard output goes into a pipe, whose reading end is output(); only errors go to `log`.
  bool pipe_output = false;
};

/// How a process ended.
struct Ending {
  int exit_code = -1; ///< -1: by a signal
  int signal = 0;
  bool ok() const { return exit_code == 0; }
  std::string describe() const; ///< "ended with code 3", "killed by signal 9"
};

class ChildProcess {
public:
  /// Error: a sentence, naming the program.
  static tl::expected<ChildProcess, std::string> spawn(const SpawnOptions& options);

  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  /// Ends it: terminate().
  ~ChildProcess();

  pid_t pid() const { return pid_; } ///< 0: none; stays known after the end
  bool alive();
  /// None: it is alive still (or there is none).
  std::optional<Ending> ending();
  /// Waits for the end; none: it was still alive at the deadline.
  std::optional<Ending> wait(std::chrono::milliseconds deadline);
  /// SIGTERM, and SIGKILL when it still lives after `grace`. Returns after its end.
  Ending terminate(std::chrono::milliseconds grace = std::chrono::seconds(2));
  Ending kill();
  void send_signal(int signal);

  /// Non-blocking reading end of standard output with `pipe_output`; else -1. Owned by this object.
  int output() const { return output_; }

private:
  bool reap(int flags);

  pid_t pid_ = 0;
  int pidfd_ = -1;
  int output_ = -1;
  std::optional<Ending> ending_;
};

} // namespace p2plive::processes
