// What a viewer's process tells the run: lines of "kind key=value key=value", values without
// spaces but the last, text=, which takes the rest of the line.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <string_view>

namespace p2plive::bench {

/// Takes one line into the record. False: it makes no sense.
bool take_line(ViewerRecord& viewer, std::string_view line);

std::string line_of(const EmittedSegment& segment);
std::string line_of(const ShownFrame& frame);
std::string line_of(const Stall& stall);
std::string line_of(const Sample& sample);
/// `kind`: asked, first-byte, first-frame, skipped.
std::string line_of(std::string_view kind, Instant at);

} // namespace p2plive::bench
