// A folder of this process's own under the system's temporary folder, removed with the object.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>

namespace p2plive::processes {

class TemporaryDirectory {
public:
  /// Its name is "PREFIX-PID-XXXXXX". Throws std::filesystem::filesystem_error when the disk is
  /// full or not writable. Folders of the same prefix that no living process holds are removed
  /// first.
  explicit TemporaryDirectory(const std::string& prefix = "p2plive");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  void keep(); ///< it stays, also when another run tidies up, for somebody to look at

private:
  std::filesystem::path path_;
  bool keep_ = false;
  int lock_ = -1; ///< held while this process lives
};

} // namespace p2plive::processes
