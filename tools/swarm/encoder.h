// The live encoder: H.264 and AAC of a fixed bitrate in MPEG-TS segments with an HLS playlist, as
// long as it runs. A child process (ffmpeg).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/child_process.h"
#include "swarm/options.h"

#include <filesystem>

namespace p2plive::bench {

constexpr const char* playlist_name = "live.m3u8";

/// The command line, for tests too.
std::vector<std::string> encoder_command(const Options& options,
                                         const std::filesystem::path& folder);

tl::expected<processes::ChildProcess, std::string>
start_encoder(const Options& options, const std::filesystem::path& folder,
              const std::filesystem::path& log);

} // namespace p2plive::bench
