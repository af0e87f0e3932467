// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes/temporary_directory.h"

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace p2plive::processes {

namespace fs = std::filesystem;

namespace {

constexpr const char* keep_mark = ".keep";

/// An open folder that this process holds a lock on until it ends, however it ends; -1 when
/// somebody else does. Process ids would not do: programs in other PID namespaces share the folder.
int lock(const fs::path& folder) {
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    fd = -1;
  }
  return fd;
}

/// Removes what runs that were killed have left.
void remove_stale(const fs::path& parent, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    auto name = entry.path().filename().string();
    if (name.rfind(prefix + "-", 0) != 0 || name.size() <= prefix.size() + 1 ||
        !std::isdigit(static_cast<unsigned char>(name[prefix.size() + 1])))
      continue;
    // One that was made a moment ago may not be locked yet.
    auto age = fs::file_time_type::clock::now() - fs::last_write_time(entry.path(), ignored);
    if (ignored || age < std::chrono::seconds(10) || fs::exists(entry.path() / keep_mark, ignored))
      continue;
    int fd = lock(entry.path());
    if (fd < 0)
      continue;
    fs::remove_all(entry.path(), ignored);
    ::close(fd);
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
  lock_ = lock(path_);
}

void TemporaryDirectory::keep() {
  keep_ = true;
  std::ofstream mark(path_ / keep_mark);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!keep_)
    fs::remove_all(path_, ignored);
  if (lock_ >= 0)
    ::close(lock_);
}

} // namespace p2plive::processes
