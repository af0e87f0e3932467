// A pipeline played to its end by a process of its own, under tracers: GStreamer starts them with
// the process.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace p2plive::tests {

/// Plays as Pipeline has it, with these GST_TRACERS, until it has ended or failed. Returns what was
/// logged, line by line: for each buffer that left the source "play-once: sent MEDIA-SEQUENCE
/// OFFSET SIZE", with " traced" behind it where it has the tracer's meta; "play-once: told of N
/// qualities and N date ranges"; last "play-once: ended" or "play-once: failed". `log` is where it
/// stands. Fails the test where it does not come out so as `how` says.
std::vector<std::string> play_once(const std::string& description, const std::string& tracers,
                                   const std::filesystem::path& log,
                                   const std::string& how = "ended");

/// As the tracer "leaks" logs it.
void fail_unless_nothing_alive(const std::vector<std::string>& log);

/// To be called first in main() of a test that uses play_once(): in that process it does not
/// return.
void be_the_player(int argc, char** argv);

} // namespace p2plive::tests
