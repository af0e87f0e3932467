// Runs that differ in one option, side by side.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "simulation/simulation.h"

#include <string>
#include <vector>

namespace p2plive::simulation {

struct Sweep {
  struct Run {
    std::string value; ///< as it was asked
    double number = 0; ///< what it is
    Options options;
  };
  std::string option; ///< without "--"
  std::vector<Run> runs;
};

/// What a command line with --sweep OPTION=V1,V2,... asks: a run for each of the values, as if
/// that had been given instead.
tl::expected<Sweep, console::Usage> parse_sweep(int argc, char** argv, const std::string& asked);

/// The table for people, line by line.
std::string table_head(const Sweep& sweep);
std::string table_line(const Sweep& sweep, const Sweep::Run& run, const Outcome& outcome);

/// A JSON list of what the single runs would have given, each with `option` and `value`.
std::string to_json(const Sweep& sweep, const std::vector<Outcome>& outcomes);

/// Draws copies, stalls, start-up and overhead against the values into an SVG file, with gnuplot.
/// The error is a sentence.
tl::expected<void, std::string> plot(const std::string& file, const Sweep& sweep,
                                     const std::vector<Outcome>& outcomes);

} // namespace p2plive::simulation
