// p2plive as its users have it: installed as docs/install.md says, but into a folder of the test's
// own, with the examples beside it, built the way that they themselves say.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::tests {

class Installed {
public:
  /// Runs the lines of that page in `folder`, and builds there what is in C and C++. Whatever fails
  /// ends the program with a sentence.
  explicit Installed(const std::filesystem::path& folder);

  /// The program of a source file "NAME.c" or "NAME.cpp", or a script.
  std::filesystem::path example(const std::string& name) const { return examples_ / name; }
  /// One that p2plive installs.
  std::filesystem::path program(const std::string& name) const;

  /// What the page says to set where p2plive is installed elsewhere than the system looks, and a
  /// registry of plugins apart from the user's.
  const std::vector<std::pair<std::string, std::string>>& environment() const {
    return environment_;
  }

private:
  void build(const std::filesystem::path& source) const;
  void run(const std::filesystem::path& where, std::vector<std::string> argv) const;

  std::filesystem::path folder_, prefix_, examples_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

} // namespace p2plive::tests
