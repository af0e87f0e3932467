// SPDX-License-Identifier: LGPL-2.1-or-later
#include "installed.h"

#include "running.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

namespace p2plive::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto patience = 120s; ///< for a compiler on a busy machine

void replace(std::string& text, const std::string& what, const std::string& with) {
  if (const auto at = text.find(what); at != text.npos)
    text.replace(at, what.size(), with);
}

/// What docs/install.md tells people to type.
std::vector<std::string> commands() {
  std::istringstream page(contents(P2PLIVE_INSTALL_PAGE));
  std::vector<std::string> out;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("    "))
      out.push_back(line.substr(4));
  return out;
}

/// The name in "export NAME=VALUE"; empty: that is something else.
std::string exported(const std::string& command) {
  constexpr std::string_view begin = "export ";
  if (!command.starts_with(begin))
    return {};
  return command.substr(begin.size(), command.find('=') - begin.size());
}

/// All of that in one shell, which tells at the end what it has exported. The folder is another
/// one, and nothing is compiled a second time: what is installed is taken from the build under
/// test. (Of the programs p2plive-swarm alone knows where it is installed, and does not run here.)
std::string script(const fs::path& prefix, const fs::path& told) {
  std::string script = "set -e\n", tell;
  for (auto command : commands()) {
    if (const auto name = exported(command); !name.empty())
      tell += "echo \"" + name + "=$" + name + "\" >>" + told.string() + '\n';
    if (command.starts_with("meson install"))
      script +=
          "(to=$PWD; cd " P2PLIVE_BUILD_DIR
          "; cp --parents $(realpath --relative-to=. " P2PLIVE_BUILT ") $to/build/installed)\n";
    replace(command, "$HOME/p2plive", prefix.string());
    replace(command, "meson setup build/installed",
            P2PLIVE_MESON " setup build/installed " P2PLIVE_SOURCE_DIR);
    replace(command, "meson install", P2PLIVE_MESON " install --no-rebuild");
    script += command + '\n';
  }
  return script + tell;
}

} // namespace

Installed::Installed(const fs::path& folder)
    : folder_(folder), prefix_(folder / "p2plive"),
      examples_(folder / "examples"), environment_{
                                          {"GST_REGISTRY", (folder / "registry.bin").string()}} {
  fs::copy(fs::path(P2PLIVE_SOURCE_DIR) / "examples", examples_, fs::copy_options::recursive);
  const auto told = folder / "environment";
  run(folder, {"sh", "-c", script(prefix_, told)});
  std::istringstream variables(contents(told));
  for (std::string line; std::getline(variables, line);) {
    const auto equals = line.find('=');
    environment_.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  for (const auto& source : fs::directory_iterator(examples_))
    if (source.path().extension() == ".c" || source.path().extension() == ".cpp")
      build(source.path());
}

void Installed::run(const fs::path& where, std::vector<std::string> argv) const {
  const auto log = folder_ / "install.log";
  processes::SpawnOptions options;
  options.argv = std::move(argv);
  options.environment = environment_;
  options.log = log;
  options.working_directory = where;
  auto child = processes::ChildProcess::spawn(options);
  auto ended = child ? child->wait(patience) : std::nullopt;
  if (ended && ended->ok())
    return;
  std::fprintf(stderr, "%s\n%s\n", child ? options.argv.front().c_str() : child.error().c_str(),
               processes::log_tail(log).c_str());
  std::_Exit(1);
}

void Installed::build(const fs::path& source) const {
  std::istringstream text(contents(source));
  for (std::string line; std::getline(text, line) && line.starts_with("//");)
    if (line.starts_with("//   cc ") || line.starts_with("//   c++ "))
      return run(examples_, {"sh", "-c", line.substr(5)});
  std::fprintf(stderr, "%s does not say how to build it\n", source.c_str());
  std::_Exit(1);
}

fs::path Installed::program(const std::string& name) const {
  return prefix_ / "bin" / name;
}

} // namespace p2plive::tests
