// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/large_pages.h"

#include <cstdlib>
#include <unistd.h>

namespace p2plive::simulation {

void begin_with_large_pages(char** argv) {
  constexpr int keep_what_is_set = 0;
  if (std::getenv("GLIBC_TUNABLES") ||
      setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", keep_what_is_set) != 0)
    return;
  execv("/proc/self/exe", argv); // where that fails, pages are small
}

} // namespace p2plive::simulation
