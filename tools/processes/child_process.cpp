// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

namespace p2plive::processes {

namespace {

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return name;
  // Daemons live in sbin, which a plain user's PATH does not name.
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "/usr/bin:/bin";
  path += ":/usr/sbin:/usr/local/sbin:/sbin";
  for (std::size_t at = 0; at <= path.size();) {
    auto end = std::min(path.find(':', at), path.size());
    auto candidate = path.substr(at, end - at) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0)
      return candidate;
    at = end + 1;
  }
  return {};
}

std::vector<std::string> environment_of(const SpawnOptions& options) {
  std::vector<std::string> result;
  for (const auto& [name, value] : options.environment)
    result.push_back(name + "=" + value);
  for (char** entry = environ; *entry; ++entry) {
    std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : options.environment)
      replaced |= text.rfind(name + "=", 0) == 0;
    if (!replaced)
      result.push_back(std::move(text));
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings)
    result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// What the child needs, made before fork(): afterwards only async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<std::string> argv_strings, env_strings;
  std::vector<char*> argv, env;
  std::string directory;
  int in = -1, out = -1, err = -1; ///< -1: inherited
  int report = -1;                 ///< errno goes here when exec fails
  pid_t parent = 0;
};

[[noreturn]] void fail_in_child(const Prepared& prepared) {
  int error = errno;
  if (write(prepared.report, &error, sizeof error) < 0) {
    // The parent then sees an early end instead of a reason.
  }
  _exit(127);
}

[[noreturn]] void run_child(const Prepared& prepared) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
    fail_in_child(prepared);
  // The parent may have died before the bond was made.
  if (getppid() != prepared.parent)
    _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  struct sigaction plain = {};
  plain.sa_handler = SIG_DFL;
  for (int signal : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD, SIGHUP})
    sigaction(signal, &plain, nullptr);
  // A group of its own: Ctrl-C on the terminal reaches the parent alone, which ends all in order.
  setpgid(0, 0);
  dup2(prepared.in, STDIN_FILENO);
  if (prepared.out >= 0)
    dup2(prepared.out, STDOUT_FILENO);
  if (prepared.err >= 0)
    dup2(prepared.err, STDERR_FILENO);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (!prepared.directory.empty() && chdir(prepared.directory.c_str()) != 0)
    fail_in_child(prepared);
  execve(prepared.program.c_str(), prepared.argv.data(), prepared.env.data());
  fail_in_child(prepared);
}

/// A descriptor that is closed at the end of the scope.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int value = -1) : fd(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  void reset() {
    if (fd >= 0)
      close(fd);
    fd = -1;
  }
  int release() { return std::exchange(fd, -1); }
};

Ending ending_of(int status) {
  Ending ending;
  if (WIFEXITED(status))
    ending.exit_code = WEXITSTATUS(status);
  else
    ending.signal = WTERMSIG(status);
  return ending;
}

} // namespace

std::string Ending::describe() const {
  if (signal)
    return "killed by signal " + std::to_string(signal);
  return "ended with code " + std::to_string(exit_code);
}

tl::expected<ChildProcess, std::string> ChildProcess::spawn(const SpawnOptions& options) {
  const auto& name = options.argv.at(0);
  auto failure = [&](const std::string& why) {
    return tl::make_unexpected("cannot start " + name + ": " + why);
  };
  Prepared prepared;
  prepared.program = find_program(name);
  if (prepared.program.empty())
    return failure("it is not installed");
  prepared.argv_strings = options.argv;
  prepared.env_strings = environment_of(options);
  prepared.argv = pointers(prepared.argv_strings);
  prepared.env = pointers(prepared.env_strings);
  prepared.directory = options.working_directory.string();
  prepared.parent = getpid();

  Descriptor in(open("/dev/null", O_RDONLY | O_CLOEXEC)), log;
  if (!options.log.empty()) {
    log.fd = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log.fd < 0)
      return failure("cannot write " + options.log.string() + ": " + std::strerror(errno));
  }
  int output_pipe[2] = {-1, -1}, report_pipe[2];
  if ((options.pipe_output && pipe2(output_pipe, O_CLOEXEC) != 0) ||
      pipe2(report_pipe, O_CLOEXEC) != 0)
    return failure(std::strerror(errno));
  Descriptor output_read(output_pipe[0]), output_write(output_pipe[1]);
  Descriptor report_read(report_pipe[0]), report_write(report_pipe[1]);
  prepared.in = in.fd;
  prepared.out = options.pipe_output ? output_write.fd : log.fd;
  prepared.err = log.fd;
  prepared.report = report_write.fd;

  auto pid = fork();
  if (pid < 0)
    return failure(std::strerror(errno));
  if (pid == 0)
    run_child(prepared);
  ChildProcess child;
  child.pid_ = pid;
  child.pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  // Closes by exec; carries errno when that failed.
  report_write.reset();
  int error = 0;
  if (read(report_read.fd, &error, sizeof error) == sizeof error) {
    child.kill();
    return failure(std::strerror(error));
  }
  child.output_ = output_read.release();
  if (child.output_ >= 0)
    fcntl(child.output_, F_SETFL, O_NONBLOCK);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept {
  *this = std::move(other);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(output_, other.output_);
  std::swap(ending_, other.ending_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (alive())
    terminate();
  if (pidfd_ >= 0)
    close(pidfd_);
  if (output_ >= 0)
    close(output_);
}

bool ChildProcess::reap(int flags) {
  if (!pid_ || ending_)
    return true;
  int status = 0;
  pid_t result;
  do {
    result = waitpid(pid_, &status, flags);
  } while (result < 0 && errno == EINTR);
  if (result == pid_)
    ending_ = ending_of(status);
  else if (result < 0)
    ending_ = Ending{}; // Somebody else has reaped it.
  return ending_.has_value();
}

bool ChildProcess::alive() {
  return !reap(WNOHANG);
}

std::optional<Ending> ChildProcess::ending() {
  reap(WNOHANG);
  return ending_;
}

std::optional<Ending> ChildProcess::wait(std::chrono::milliseconds deadline) {
  auto until = std::chrono::steady_clock::now() + deadline;
  while (!reap(WNOHANG)) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return std::nullopt;
    struct pollfd ended = {pidfd_, POLLIN, 0};
    poll(&ended, 1, static_cast<int>(left.count()));
  }
  return ending_;
}

Ending ChildProcess::terminate(std::chrono::milliseconds grace) {
  send_signal(SIGTERM);
  if (auto ended = wait(grace))
    return *ended;
  return kill();
}

Ending ChildProcess::kill() {
  send_signal(SIGKILL);
  reap(0);
  return ending_.value_or(Ending{});
}

void ChildProcess::send_signal(int signal) {
  // Never to a pid that was reaped: it may be somebody else's by now.
  if (pid_ && !ending_)
    ::kill(pid_, signal);
}

} // namespace p2plive::processes
