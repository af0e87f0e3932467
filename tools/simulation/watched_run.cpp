// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/watched_run.h"

#include "console/progress_line.h"

namespace p2plive::simulation {

using console::ProgressLine;

std::string to_words(const Progress& progress, std::chrono::duration<double> elapsed) {
  char text[128];
  auto done = core::seconds(progress.done);
  std::snprintf(text, sizeof text, "%.0f of %.0f s, %zu viewers, %.3g x real time", done,
                core::seconds(progress.all), progress.watching,
                elapsed.count() > 0 ? done / elapsed.count() : 0);
  return text;
}

Outcome simulate_watched(const Options& options, const std::string& name) {
  auto begin = ProgressLine::Clock::now();
  ProgressLine line(stderr, console::terminal_columns(stderr), begin);
  auto outcome = simulate(options, [&](const Progress& progress) {
    auto now = ProgressLine::Clock::now();
    line.show(core::seconds(progress.done) / core::seconds(progress.all),
              name + to_words(progress, now - begin), now);
  });
  line.clear();
  return outcome;
}

} // namespace p2plive::simulation
