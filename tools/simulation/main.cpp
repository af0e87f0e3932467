// p2plive-sim: a swarm of any size in virtual time.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/text_output.h"
#include "simulation/large_pages.h"
#include "simulation/plot.h"
#include "simulation/report.h"
#include "simulation/sweep.h"
#include "simulation/watched_run.h"

#include <algorithm>
#include <cstdio>

using namespace p2plive::simulation;

namespace {

int refuse(const p2plive::console::Usage& usage) {
  std::fputs(usage.text.c_str(), usage.error ? stderr : stdout);
  return usage.error ? 2 : 0;
}

/// With the figures on standard output, words go to the other.
std::FILE* for_words(const Options& options) {
  return options.json == "-" ? stderr : stdout;
}

bool write_json(const Options& options, const std::string& text) {
  if (options.json.empty() || p2plive::console::write_text(options.json, text))
    return true;
  std::fprintf(stderr, "p2plive-sim: cannot write %s\n", options.json.c_str());
  return false;
}

bool drawn(const tl::expected<void, std::string>& result) {
  if (!result)
    std::fprintf(stderr, "p2plive-sim: %s\n", result.error().c_str());
  return result.has_value();
}

int run_once(const Options& options) {
  auto outcome = simulate_watched(options, "");
  std::fputs(to_words(outcome).c_str(), for_words(options));
  bool written = write_json(options, to_json(options, outcome)) &&
                 (options.plot.empty() || drawn(plot(options.plot, outcome)));
  return written && outcome.valid() ? 0 : 1;
}

int run_sweep(const Options& options, const Sweep& sweep) {
  auto* words = for_words(options);
  std::fputs(table_head(sweep).c_str(), words);
  std::vector<Outcome> outcomes;
  for (const auto& run : sweep.runs) {
    std::fflush(words);
    outcomes.push_back(simulate_watched(run.options, sweep.option + " " + run.value + ": "));
    std::fputs(table_line(sweep, run, outcomes.back()).c_str(), words);
  }
  bool written = write_json(options, to_json(sweep, outcomes)) &&
                 (options.plot.empty() || drawn(plot(options.plot, sweep, outcomes)));
  return written && std::ranges::all_of(outcomes, &Outcome::valid) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  begin_with_large_pages(argv);
  auto options = parse_options(argc, argv);
  if (!options)
    return refuse(options.error());
  if (options->sweep.empty())
    return run_once(*options);
  auto sweep = parse_sweep(argc, argv, options->sweep);
  return sweep ? run_sweep(*options, *sweep) : refuse(sweep.error());
}
