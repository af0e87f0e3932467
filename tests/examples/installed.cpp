// SPDX-License-Identifier: LGPL-2.1-or-later
#include "installed.h"

#include "running.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace p2plive::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto patience = 120s; ///< for a compiler on a busy machine

/// A folder of the installation; meson's are absolute, below DESTDIR.
fs::path below(const fs::path& root, const std::string& folder) {
  return root / fs::path(folder).relative_path();
}

/// DESTDIR is for packages, whose files move to the prefix later. Here they stay.
void set_prefix(const fs::path& pkg_config_file, const fs::path& prefix) {
  std::ifstream in(pkg_config_file);
  std::stringstream text;
  for (std::string line; std::getline(in, line);)
    text << (line.starts_with("prefix=") ? "prefix=" + prefix.string() : line) << '\n';
  in.close();
  std::ofstream(pkg_config_file) << text.str();
}

std::string inherited(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? ":" + std::string(value) : "";
}

} // namespace

Installed::Installed(const fs::path& folder)
    : folder_(folder), root_(folder / "installed"), examples_(folder / "examples") {
  run({P2PLIVE_MESON, "install", "-C", P2PLIVE_BUILD_DIR, "--no-rebuild", "--destdir",
       root_.string()});
  const auto libraries = below(root_, P2PLIVE_LIBDIR);
  set_prefix(libraries / "pkgconfig/p2plive.pc", below(root_, P2PLIVE_PREFIX));
  environment_ = {
      {"PATH", below(root_, P2PLIVE_BINDIR).string() + inherited("PATH")},
      {"PKG_CONFIG_PATH", (libraries / "pkgconfig").string() + inherited("PKG_CONFIG_PATH")},
      {"LD_LIBRARY_PATH", libraries.string() + inherited("LD_LIBRARY_PATH")},
      {"GST_PLUGIN_PATH", (libraries / "gstreamer-1.0").string()},
      {"GST_REGISTRY", (folder / "registry.bin").string()},
  };
  fs::copy(P2PLIVE_EXAMPLES, examples_, fs::copy_options::recursive);
  for (const auto& source : fs::directory_iterator(examples_))
    if (source.path().extension() == ".c" || source.path().extension() == ".cpp")
      build(source.path());
  run({"gst-inspect-1.0", "p2plivesrc"});
}

void Installed::run(std::vector<std::string> argv) const {
  const auto log = folder_ / "install.log";
  processes::SpawnOptions options;
  options.argv = std::move(argv);
  options.environment = environment_;
  options.log = log;
  if (fs::exists(examples_))
    options.working_directory = examples_;
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
      return run({"sh", "-c", line.substr(5)});
  std::fprintf(stderr, "%s does not say how to build it\n", source.c_str());
  std::_Exit(1);
}

fs::path Installed::program(const std::string& name) const {
  return below(root_, P2PLIVE_BINDIR) / name;
}

} // namespace p2plive::tests
