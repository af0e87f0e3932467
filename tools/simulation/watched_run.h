// A run whose progress is shown while it lasts.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "simulation/simulation.h"

namespace p2plive::simulation {

/// "34 of 126 s, 1000 viewers, 2.3 x real time", `elapsed` after the beginning.
std::string to_words(const Progress& progress, std::chrono::duration<double> elapsed);

/// As simulate(), with a line on standard error where that is a terminal; `name` stands in it.
Outcome simulate_watched(const Options& options, const std::string& name);

} // namespace p2plive::simulation
