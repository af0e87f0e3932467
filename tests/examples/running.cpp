// SPDX-License-Identifier: LGPL-2.1-or-later
#include "running.h"

#include "installed.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

namespace p2plive::tests {

using namespace std::chrono_literals;

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end)
      return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

Running::Running(const Installed& installed, const std::filesystem::path& folder,
                 const std::string& name, std::vector<std::string> argv)
    : name_(name), log_(folder / (name + ".log")) {
  processes::SpawnOptions options;
  options.argv = std::move(argv);
  options.environment = installed.environment();
  options.working_directory = folder;
  options.log = log_;
  auto child = processes::ChildProcess::spawn(options);
  fail_unless(child.has_value(), "%s", child ? "" : child.error().c_str());
  process_ = std::move(*child);
}

double Running::last(const std::string& name) const {
  const auto text = output();
  const auto at = text.rfind(name);
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name.size());
}

void Running::wait_until(const std::string& what, const std::function<bool()>& condition,
                         std::chrono::milliseconds deadline) {
  bool alive = true;
  const auto over = [&] { return condition() || !(alive = process_.alive()); };
  const bool held = tests::wait_until(over, deadline) && (alive || condition());
  fail_unless(held, "%s: not %s, %s\n%s", name_.c_str(), what.c_str(),
              alive ? "in time" : process_.ending()->describe().c_str(),
              processes::log_tail(log_).c_str());
}

void Running::interrupt() {
  // As a terminal does it: to the program, and to those that it runs.
  ::kill(-process_.pid(), SIGINT);
  expect_end(0, 15s);
}

void Running::expect_end(int exit_code, std::chrono::milliseconds deadline) {
  const auto ended = process_.wait(deadline);
  fail_unless(ended && ended->exit_code == exit_code, "%s %s, not with code %d\n%s", name_.c_str(),
              ended ? ended->describe().c_str() : "did not end", exit_code,
              processes::log_tail(log_).c_str());
}

std::string output_of(const Installed& installed, const std::filesystem::path& folder,
                      std::vector<std::string> argv) {
  const auto name = std::filesystem::path(argv.front()).filename().string() + "-output";
  std::filesystem::remove(folder / (name + ".log"));
  Running program(installed, folder, name, std::move(argv));
  program.expect_end(0, 20s);
  return program.output();
}

} // namespace p2plive::tests
