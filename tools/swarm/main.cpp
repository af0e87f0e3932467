// p2plive-swarm: a swarm on this machine, and what the CDN's own log says about it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/text_output.h"
#include "swarm/run.h"

#include <cstdio>
#include <exception>

using namespace p2plive::bench;

namespace {

int run(const Options& options) {
  Run run(options);
  auto outcome = run.perform();
  if (options.keep)
    std::fprintf(stderr, "Logs and segments are in %s\n", run.folder().c_str());
  if (!outcome) {
    std::fprintf(stderr, "\np2plive-swarm: %s\n", outcome.error().c_str());
    return 1;
  }
  // With the figures on standard output, words go to the other.
  std::fputs(to_words(*outcome).c_str(), options.json == "-" ? stderr : stdout);
  if (!options.json.empty() && !p2plive::console::write_text(options.json, to_json(*outcome))) {
    std::fprintf(stderr, "p2plive-swarm: cannot write %s\n", options.json.c_str());
    return 1;
  }
  return outcome->exit_code();
}

} // namespace

int main(int argc, char** argv) {
  auto options = parse_options(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().error ? stderr : stdout);
    return options.error().error ? 2 : 0;
  }
  try {
    return run(*options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "p2plive-swarm: %s\n", error.what());
    return 1;
  }
}
