// One run of p2plive-sim: an audience, a steady window, and its figures.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sim/crowd.h"
#include "simulation/options.h"

#include <functional>

namespace p2plive::simulation {

/// What a run came to.
struct Outcome {
  sim::Figures whole;    ///< everybody, from the beginning to the end
  sim::Figures steady;   ///< who can be connected with somebody, in the steady window
  sim::Figures isolated; ///< the others, likewise
  sim::CrowdFigures crowd;
  std::uint64_t digest = 0; ///< of everything that all viewers did
  std::uint64_t events = 0;
  double seconds = 0;           ///< of the run
  double steady_seconds = 0;    ///< of the steady window
  std::vector<double> cdn_rate; ///< by second since the start, in bitrates of the stream
  std::vector<std::string> why; ///< it does not count; empty: it does
  bool valid() const { return why.empty(); }
};

/// How far a run is, in its own time.
struct Progress {
  core::Duration done{}, all{};
  std::size_t watching = 0; ///< viewers, at present
};

/// `progress` is told now and then.
Outcome simulate(const Options& options, const std::function<void(const Progress&)>& progress);

} // namespace p2plive::simulation
