// What a run of p2plive-sim is asked to do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "console/command_line.h"
#include "sim/audience.h"

#include <tl/expected.hpp>

#include <string>

namespace p2plive::simulation {

struct Options {
  sim::WorldSettings world;
  sim::AudienceSettings audience;
  core::Settings viewer;
  std::uint64_t seed = 1;
  console::Seconds seconds{60}; ///< of the run, from the last initial join on
  console::Seconds steady{12};  ///< the steady window begins so long after the last initial join
  std::string json;             ///< file; "-" is standard output
  std::string plot;             ///< SVG file
  std::string sweep;            ///< see sweep.h
};

constexpr const char* program_name = "p2plive-sim";

tl::expected<Options, console::Usage> parse_options(int argc, char** argv);

/// An option of this name, without "--", is a number that a run depends on.
bool is_quantity(const std::string& option);

} // namespace p2plive::simulation
