// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/layout.h"

#include <cstdlib>

namespace p2plive::bench {

namespace fs = std::filesystem;

Layout Layout::find() {
  Layout layout;
  std::error_code ignored;
  auto own = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  auto built_viewer = own / "p2plive-swarm-viewer";
  if (!fs::exists(built_viewer, ignored)) {
    layout.viewer = fs::path(P2PLIVE_LIBEXECDIR) / "p2plive-swarm-viewer";
    layout.server = own / "p2plive-server";
    return layout;
  }
  layout.viewer = built_viewer;
  auto build = own.parent_path().parent_path();
  layout.server = build / "tools" / "server" / "p2plive-server";
  std::string plugins = (build / "gst").string();
  if (const char* more = std::getenv("GST_PLUGIN_PATH"))
    plugins += ":" + std::string(more);
  layout.environment.emplace_back("GST_PLUGIN_PATH", plugins);
  return layout;
}

} // namespace p2plive::bench
