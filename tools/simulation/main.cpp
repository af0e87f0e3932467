// p2plive-sim: a swarm of any size in virtual time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/text_output.h"
#include "simulation/simulation.h"

#include <cstdio>
#include <unistd.h>

using namespace p2plive::simulation;

namespace {

void show(double share) {
  constexpr int width = 50;
  auto done = static_cast<int>(share * width);
  std::fprintf(stderr, "\r[%.*s%*s] %3.0f %%%s", done,
               "##################################################", width - done, "", 100 * share,
               share >= 1 ? "\n" : "");
}

} // namespace

int main(int argc, char** argv) {
  auto options = parse_options(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().error ? stderr : stdout);
    return options.error().error ? 2 : 0;
  }
  bool watched = isatty(STDERR_FILENO);
  auto outcome = simulate(*options, [&](double share) {
    if (watched)
      show(share);
  });
  // With the figures on standard output, words go to the other.
  std::fputs(to_words(outcome).c_str(), options->json == "-" ? stderr : stdout);
  if (!options->json.empty() &&
      !p2plive::console::write_text(options->json, to_json(*options, outcome))) {
    std::fprintf(stderr, "p2plive-sim: cannot write %s\n", options->json.c_str());
    return 1;
  }
  if (!options->plot.empty())
    if (auto drawn = plot(options->plot, outcome); !drawn) {
      std::fprintf(stderr, "p2plive-sim: %s\n", drawn.error().c_str());
      return 1;
    }
  return outcome.valid() ? 0 : 1;
}
