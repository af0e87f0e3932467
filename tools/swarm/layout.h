// Where the programs of p2plive are, beside this one in a build folder or installed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::bench {

struct Layout {
  std::filesystem::path viewer, server; ///< programs
  /// For the viewers: finds the plugin of an uninstalled build.
  std::vector<std::pair<std::string, std::string>> environment;

  static Layout find();
};

} // namespace p2plive::bench
