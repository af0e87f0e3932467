// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace p2plive::tests {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

unsigned segments_in(const std::filesystem::path& playlist) {
  std::ifstream file(playlist);
  unsigned count = 0;
  for (std::string line; std::getline(file, line);)
    count += line.rfind("#EXTINF:", 0) == 0;
  return count;
}

} // namespace

LiveStream::LiveStream(LiveStreamOptions options)
    : options_(options), root_(directory_.path() / "www") {
  std::filesystem::create_directories(root_);
  processes::NginxOptions nginx;
  nginx.directory = directory_.path();
  nginx.root = root_;
  auto started = processes::start_nginx(nginx);
  if (!started)
    die(started.error());
  nginx_ = std::move(*started);
  start_encoder();
}

void LiveStream::start_encoder() {
  const auto seconds = std::to_string(options_.segment_seconds);
  const auto frames = std::to_string(25 * options_.segment_seconds);
  const auto rate = std::to_string(options_.kilobits) + "k";
  processes::SpawnOptions spawn;
  spawn.argv = {
      "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-re", "-f", "lavfi", "-i",
      "testsrc2=size=320x240:rate=25", "-re", "-f", "lavfi", "-i",
      "sine=frequency=440:sample_rate=48000", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
      "zerolatency", "-threads", "1", "-pix_fmt", "yuv420p", "-g", frames, "-keyint_min", frames,
      // Constant bitrate, filled up: the picture alone would not reach it.
      "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params",
      "nal-hrd=cbr:force-cfr=1:scenecut=0", "-c:a", "aac", "-b:a", "64k", "-f", "hls", "-hls_time",
      seconds, "-hls_list_size", std::to_string(options_.listed), "-hls_delete_threshold", "5",
      "-hls_flags", "delete_segments+program_date_time+temp_file", "live.m3u8"};
  spawn.working_directory = root_;
  spawn.log = directory_.path() / "ffmpeg.log";
  auto encoder = processes::ChildProcess::spawn(spawn);
  if (!encoder)
    die(encoder.error());
  encoder_ = std::move(*encoder);
}

void LiveStream::wait_for_segments(unsigned count) const {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (segments_in(root_ / "live.m3u8") < count) {
    if (std::chrono::steady_clock::now() > deadline)
      die("no live stream: " + processes::log_tail(directory_.path() / "ffmpeg.log"));
    std::this_thread::sleep_for(50ms);
  }
}

} // namespace p2plive::tests
