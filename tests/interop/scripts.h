// The other side's scripts (js/), made for this process once.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"
#include "processes/services.h"

#include <chrono>
#include <filesystem>
#include <string>

namespace p2plive::test {

/// Writes browser.js, page.html and node.mjs into `output`; else a sentence.
inline std::string make_scripts(const std::filesystem::path& output) {
  const std::filesystem::path source = P2PLIVE_SOURCE_DIR;
  std::filesystem::create_directories(output);
  processes::SpawnOptions spawn;
  spawn.argv = {"node", (source / "tests/interop/js/bundle.mjs").string(),
                (source / "schemas").string(), (source / "tests/node/node_modules").string(),
                output.string()};
  spawn.log = output / "bundle.log";
  auto bundler = processes::ChildProcess::spawn(spawn);
  if (!bundler)
    return bundler.error();
  auto ended = bundler->wait(std::chrono::seconds(60));
  return ended && ended->ok() ? "" : "no scripts: " + processes::log_tail(spawn.log);
}

} // namespace p2plive::test
