// One run of p2plive-sim: an audience, a steady window, and its figures.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "simulation/options.h"

#include <functional>

namespace p2plive::simulation {

/// What a run came to.
struct Outcome {
  sim::Figures steady;
  std::uint64_t digest = 0; ///< of everything that all viewers did
  std::uint64_t events = 0;
  double seconds = 0;           ///< of the steady window
  std::vector<double> cdn_rate; ///< by second since the start, in bitrates of the stream
  std::vector<std::string> why; ///< it does not count; empty: it does
  bool valid() const { return why.empty(); }
};

/// `progress` is told the share of the run that is done, now and then.
Outcome simulate(const Options& options, const std::function<void(double)>& progress);

/// One JSON object, with the names that p2plive-swarm's figures have.
std::string to_json(const Options& options, const Outcome& outcome);
/// A few sentences for people.
std::string to_words(const Outcome& outcome);

/// Draws copies by segment and the CDN's rate by second into an SVG file, with gnuplot. The error
/// is a sentence.
tl::expected<void, std::string> plot(const std::string& file, const Outcome& outcome);

} // namespace p2plive::simulation
