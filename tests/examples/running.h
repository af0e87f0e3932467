// A program under test, what it says, and waiting for that with a deadline.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::tests {

class Installed;

/// Of a whole file; empty where there is none.
std::string contents(const std::filesystem::path& file);

/// False: it did not come true in time.
bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds deadline);

class Running {
public:
  /// Starts it with the environment of `installed`, in `folder`, where its output goes to
  /// NAME.log. Fails the test where it cannot be started.
  Running(const Installed& installed, const std::filesystem::path& folder, const std::string& name,
          std::vector<std::string> argv);

  std::string output() const { return contents(log_); }
  bool says(const std::string& text) const { return output().find(text) != std::string::npos; }
  /// The number that last followed `name` in its output; 0 where none did.
  double last(const std::string& name) const;

  /// Waits until the condition holds, and fails the test with the program's output where it does
  /// not in time, or the program ends before.
  void wait_until(const std::string& what, const std::function<bool()>& condition,
                  std::chrono::milliseconds deadline);
  /// Ctrl-C. Fails the test where it then does not end with 0.
  void interrupt();
  void expect_end(int exit_code, std::chrono::milliseconds deadline);

private:
  std::string name_;
  std::filesystem::path log_;
  processes::ChildProcess process_;
};

/// Runs a program to its end, and returns what it said; fails the test where it ends otherwise than
/// with 0.
std::string output_of(const Installed& installed, const std::filesystem::path& folder,
                      std::vector<std::string> argv);

} // namespace p2plive::tests
