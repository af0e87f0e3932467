// What this process holds.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
// Of sanitizer/allocator_interface.h, which gcc does not bring.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace p2plive::test {

inline int open_descriptors() {
  auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return int(std::distance(begin(all), end(all)));
}

/// Resident, of which a sanitizer's own part is most.
inline long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  return 0;
}

/// What is in memory. The address sanitizer keeps what has been freed for a while: there it is what
/// has been allocated, and not freed.
inline long held_kib() {
#if defined(__SANITIZE_ADDRESS__)
  return long(__sanitizer_get_current_allocated_bytes() / 1024);
#else
  return resident_kib();
#endif
}

} // namespace p2plive::test
