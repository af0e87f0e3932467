// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/encoder.h"

#include <cmath>
#include <cstdio>

namespace p2plive::bench {

namespace {

constexpr int frame_rate = 25;
constexpr std::uint64_t audio_rate = 96'000;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

} // namespace

std::vector<std::string> encoder_command(const Options& options,
                                         const std::filesystem::path& folder) {
  // TS packet headers, PES headers and tables take about four hundredths.
  auto video = static_cast<std::uint64_t>(static_cast<double>(options.bitrate) * 0.96) - audio_rate;
  auto rate = std::to_string(video);
  auto frames = std::to_string(std::max(1L, std::lround(options.segment.count() * frame_rate)));
  return {
      // clang-format off
      "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning",
      "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=" + std::to_string(frame_rate),
      "-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000",
      // A plain picture that the encoder fills up to the bitrate: cheap to make and to decode, so
      // that the machine's time goes to what is measured.
      "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1",
      "-pix_fmt", "yuv420p", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate,
      "-x264-params", "nal-hrd=cbr:force-cfr=1:scenecut=0:keyint=" + frames + ":min-keyint=" + frames,
      "-c:a", "aac", "-b:a", std::to_string(audio_rate),
      "-f", "hls", "-hls_time", number(options.segment.count()),
      "-hls_list_size", std::to_string(options.window),
      // A segment is served for as long as a slow viewer may ask for it.
      "-hls_delete_threshold", std::to_string(options.window * 2),
      "-hls_flags", "program_date_time+temp_file+delete_segments+independent_segments",
      "-hls_segment_filename", (folder / "segment%d.ts").string(),
      (folder / playlist_name).string(),
      // clang-format on
  };
}

tl::expected<processes::ChildProcess, std::string>
start_encoder(const Options& options, const std::filesystem::path& folder,
              const std::filesystem::path& log) {
  processes::SpawnOptions spawn;
  spawn.argv = encoder_command(options, folder);
  spawn.log = log;
  return processes::ChildProcess::spawn(spawn);
}

} // namespace p2plive::bench
