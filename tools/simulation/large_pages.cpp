// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/large_pages.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace p2plive::simulation {

void begin_with_large_pages(char** argv) {
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  // A loader that was told to run this program would not know what to run.
  bool is_this = !error && program.filename() == std::filesystem::path(argv[0]).filename();
  if (!is_this || std::getenv("GLIBC_TUNABLES") ||
      setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1) != 0)
    return;
  execv(program.c_str(), argv); // where that fails, pages are small
}

} // namespace p2plive::simulation
