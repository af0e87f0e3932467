// What nginx was asked for in a test.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"

#include <fstream>
#include <string>

namespace p2plive::test {

/// Requests so far whose line in the log holds `path`.
inline int requests(const processes::Service& nginx, const std::string& path) {
  std::ifstream log(nginx.directory / "access.log");
  int count = 0;
  for (std::string line; std::getline(log, line);)
    count += line.find(path) != std::string::npos;
  return count;
}

} // namespace p2plive::test
