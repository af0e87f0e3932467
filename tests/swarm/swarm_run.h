// p2plive-swarm as a child, and the figures that it wrote.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace p2plive::tests {

/// Of a whole file; empty where there is none.
std::string contents(const std::filesystem::path& file);

/// Starts it with `options`; in `folder` are then its figures.json, its output (log), and tmp, its
/// own folder of temporary files: what is left there is what it left.
processes::ChildProcess start_swarm(const std::filesystem::path& folder,
                                    std::vector<std::string> options);

/// The value of the first member of that name, of the whole run; fails the test where there is
/// none.
std::string figure(const std::filesystem::path& folder, const std::string& name);
/// The same of the steady window.
double steady_figure(const std::filesystem::path& folder, const std::string& name);

} // namespace p2plive::tests
