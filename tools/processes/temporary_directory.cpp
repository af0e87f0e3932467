// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

namespace p2plive::processes {

namespace fs = std::filesystem;

namespace {

/// Removes what runs that were killed have left.
void remove_stale(const fs::path& parent, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    auto name = entry.path().filename().string();
    if (name.rfind(prefix + "-", 0) != 0)
      continue;
    auto number = name.substr(prefix.size() + 1);
    pid_t pid = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
    if (error != std::errc{} || end == number.data() + number.size() || *end != '-' || pid <= 0)
      continue;
    if (::kill(pid, 0) != 0 && errno == ESRCH)
      fs::remove_all(entry.path(), ignored);
  }
}

} // namespace

TemporaryDirectory::TemporaryDirectory(const std::string& prefix) {
  auto parent = fs::temp_directory_path();
  remove_stale(parent, prefix);
  auto name = (parent / (prefix + "-" + std::to_string(getpid()) + "-XXXXXX")).string();
  if (!mkdtemp(name.data()))
    throw fs::filesystem_error("cannot make a temporary folder", name,
                               std::error_code(errno, std::generic_category()));
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!keep_)
    fs::remove_all(path_, ignored);
}

} // namespace p2plive::processes
