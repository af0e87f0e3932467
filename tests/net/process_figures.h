// What this process holds, for tests that leave nothing behind.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace p2plive::test {

inline int open_descriptors() {
  auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return int(std::distance(begin(all), end(all)));
}

inline long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  return 0;
}

} // namespace p2plive::test
