// Drawings by gnuplot, the program.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <tl/expected.hpp>

#include <string>

namespace p2plive::simulation {

/// Draws what `commands` say into an SVG file. The error is a sentence.
tl::expected<void, std::string> draw(const std::string& file, const std::string& commands);

/// In single quotes, as gnuplot reads a string.
std::string quoted(const std::string& text);

} // namespace p2plive::simulation
