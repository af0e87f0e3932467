// A run, drawn.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "simulation/simulation.h"

namespace p2plive::simulation {

/// Draws copies by segment and the CDN's rate by second into an SVG file, with gnuplot. The error
/// is a sentence.
tl::expected<void, std::string> plot(const std::string& file, const Outcome& outcome);

} // namespace p2plive::simulation
