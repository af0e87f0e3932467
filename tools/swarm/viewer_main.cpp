// One viewer of p2plive-swarm, a process of its own; the swarm starts it.
//
//   p2plive-swarm-viewer [--no-decode] --check          are all elements there?
//   p2plive-swarm-viewer [--no-decode] PROPERTY=VALUE...  play, and tell on standard output
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/watcher.h"

#include <cstdio>
#include <unistd.h>

using namespace p2plive::bench;

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  bool decode = true, check = false;
  std::vector<std::string> properties;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--no-decode")
      decode = false;
    else if (argument == "--check")
      check = true;
    else
      properties.push_back(std::move(argument));
  }
  if (auto missing = Watcher::missing_elements(decode); !missing.empty()) {
    std::fprintf(stderr, "GStreamer has no %s\n", missing.c_str());
    return 1;
  }
  if (check)
    return 0;
  Reporter reporter(STDOUT_FILENO);
  bool fine = false;
  {
    Watcher watcher(reporter);
    fine = watcher.build(decode, properties) && watcher.run();
  }
  gst_deinit();
  return fine ? 0 : 1;
}
