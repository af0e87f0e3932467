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

std::vector<std::string> sound() {
  return {"-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"};
}

/// ffmpeg's name of the format, which is the codec's as well; empty: something else.
std::string packed_audio(LiveStreamOptions::Kind kind) {
  using Kind = LiveStreamOptions::Kind;
  switch (kind) {
  case Kind::aac:
    return "adts";
  case Kind::mp3:
    return "mp3";
  case Kind::ac3:
    return "ac3";
  case Kind::eac3:
    return "eac3";
  default:
    return {};
  }
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
  processes::SpawnOptions spawn;
  spawn.argv = {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"};
  auto add = [&](const std::vector<std::string>& more) {
    spawn.argv.insert(spawn.argv.end(), more.begin(), more.end());
  };
  if (const auto codec = packed_audio(options_.kind); !codec.empty()) {
    add(sound());
    add(audio_segments(codec));
  } else {
    add({"-re", "-f", "lavfi", "-i", "testsrc2=size=" + size_ + ":rate=25"});
    add(sound());
    add(picture_and_sound());
    add(hls());
  }
  spawn.working_directory = root_;
  spawn.log = directory_.path() / "ffmpeg.log";
  auto encoder = processes::ChildProcess::spawn(spawn);
  if (!encoder)
    die(encoder.error());
  encoder_ = std::move(*encoder);
}

void LiveStream::go_on() {
  more_flags_ = "+append_list";
  start_encoder();
}

std::vector<std::string> LiveStream::picture_and_sound() const {
  const auto frames = std::to_string(25 * options_.segment_seconds);
  const auto rate = std::to_string(options_.kilobits) + "k";
  return {"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1",
          "-pix_fmt", "yuv420p", "-g", frames, "-keyint_min", frames,
          // Constant bitrate, filled up: the picture alone would not reach it.
          "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params",
          "nal-hrd=cbr:force-cfr=1:scenecut=0", "-c:a", "aac", "-b:a", "64k"};
}

std::vector<std::string> LiveStream::hls() const {
  std::vector<std::string> out = {"-f",
                                  "hls",
                                  "-hls_time",
                                  std::to_string(options_.segment_seconds),
                                  "-hls_list_size",
                                  std::to_string(options_.listed),
                                  "-hls_delete_threshold",
                                  "5",
                                  "-hls_flags",
                                  "delete_segments+program_date_time+temp_file" + more_flags_};
  if (options_.kind == LiveStreamOptions::Kind::fmp4)
    out.insert(out.end(),
               {"-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4",
                // As a stream that has been on air for long.
                "-output_ts_offset", "100000", "-hls_segment_options", "movflags=+frag_discont"});
  if (options_.kind == LiveStreamOptions::Kind::encrypted_ts) {
    std::ofstream(root_ / "live.key") << "0123456789abcdef";
    std::ofstream(directory_.path() / "key.info") << "live.key\n" << (root_ / "live.key").string();
    out.insert(out.end(), {"-hls_key_info_file", (directory_.path() / "key.info").string()});
  }
  out.push_back("live.m3u8");
  return out;
}

std::vector<std::string> LiveStream::audio_segments(const std::string& format) const {
  return {"-b:a",
          "128k",
          "-f",
          "segment",
          "-segment_time",
          std::to_string(options_.segment_seconds),
          "-segment_format",
          format,
          "-segment_list",
          "live.m3u8",
          "-segment_list_type",
          "m3u8",
          "-segment_list_flags",
          "live",
          "-segment_list_size",
          std::to_string(options_.listed),
          "live%d." + format};
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
