// What a run came to, for programs and for people.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "console/json_writer.h"
#include "simulation/simulation.h"

#include <string>

namespace p2plive::simulation {

/// Members of an object that is open: the names that p2plive-swarm's figures have where they mean
/// the same, see docs/simulator.md.
void put(console::JsonWriter& json, const Options& options, const Outcome& outcome);

/// One JSON object.
std::string to_json(const Options& options, const Outcome& outcome);
/// A few sentences for people.
std::string to_words(const Outcome& outcome);

} // namespace p2plive::simulation
