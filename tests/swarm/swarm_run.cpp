// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm_run.h"

#include <gst/check/gstcheck.h>

#include <fstream>

namespace p2plive::tests {

using processes::ChildProcess;
using processes::SpawnOptions;
namespace fs = std::filesystem;

namespace {

std::string member(const fs::path& folder, const std::string& name, std::size_t from,
                   const std::string& text) {
  auto at = text.find("\"" + name + "\": ", from);
  fail_unless(at != std::string::npos, "no %s in: %s\n%s", name.c_str(), text.c_str(),
              contents(folder / "log").c_str());
  at += name.size() + 4;
  return text.substr(at, text.find_first_of(",\n", at) - at);
}

} // namespace

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

ChildProcess start_swarm(const fs::path& folder, std::vector<std::string> options) {
  SpawnOptions spawn;
  spawn.argv = {P2PLIVE_SWARM, "--json", (folder / "figures.json").string()};
  spawn.argv.insert(spawn.argv.end(), options.begin(), options.end());
  fs::create_directory(folder / "tmp");
  spawn.environment = {{"TMPDIR", (folder / "tmp").string()}};
  spawn.log = folder / "log";
  auto process = ChildProcess::spawn(spawn);
  fail_unless(process.has_value(), "%s", process ? "" : process.error().c_str());
  return std::move(*process);
}

std::string figure(const fs::path& folder, const std::string& name) {
  return member(folder, name, 0, contents(folder / "figures.json"));
}

double steady_figure(const fs::path& folder, const std::string& name) {
  auto text = contents(folder / "figures.json");
  auto steady = text.find("\"steady\": {");
  fail_unless(steady != std::string::npos, "no steady figures in: %s", text.c_str());
  return std::stod(member(folder, name, steady, text));
}

} // namespace p2plive::tests
