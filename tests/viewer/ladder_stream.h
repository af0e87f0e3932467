// A live stream in three qualities for tests: one ffmpeg makes them and their master playlist,
// nginx serves them, and every segment is kept.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace p2plive::test {

/// Segments of one second that begin at the same moments.
class LadderStream {
public:
  static constexpr std::array<unsigned, 3> kilobits{200, 500, 1000}; ///< of the picture
  /// As ffmpeg's master playlist has them, bits a second.
  static constexpr std::array<std::uint64_t, 3> bandwidths{290'400, 620'400, 1'170'400};

  /// `locations`: further lines for nginx. Throws std::runtime_error.
  explicit LadderStream(bool fmp4 = false, const std::string& locations = {}) : fmp4_(fmp4) {
    processes::NginxOptions options;
    options.directory = directory_.path();
    options.root = directory_.path();
    options.locations = locations;
    auto nginx = processes::start_nginx(options);
    if (!nginx)
      throw std::runtime_error(nginx.error());
    nginx_ = std::move(*nginx);
    auto encoder =
        processes::ChildProcess::spawn({.argv = arguments(), .log = directory_ / "ffmpeg.log"});
    if (!encoder)
      throw std::runtime_error(encoder.error());
    encoder_ = std::move(*encoder);
  }

  /// Returns when so many are listed.
  void wait_for(std::size_t segments) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20 + segments);
    while (file("master.m3u8").empty() || !std::filesystem::exists(path(2, segments))) {
      if (std::chrono::steady_clock::now() > deadline || !encoder_.alive())
        throw std::runtime_error("no playlist: " + processes::log_tail(directory_ / "ffmpeg.log"));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  const processes::TemporaryDirectory& directory() const { return directory_; }
  const processes::Service& nginx() const { return nginx_; }

  static std::size_t quality_of(std::uint64_t bandwidth) {
    for (std::size_t i = 0; i < bandwidths.size(); ++i)
      if (bandwidths[i] == bandwidth)
        return i;
    throw std::runtime_error("there is no bandwidth " + std::to_string(bandwidth));
  }
  std::string segment(std::size_t quality, std::uint64_t sn) const {
    return file(path(quality, sn).filename());
  }
  std::string init(std::size_t quality) const {
    return fmp4_ ? file("init_" + std::to_string(quality) + ".mp4") : std::string();
  }

private:
  std::string file(const std::filesystem::path& name) const {
    std::ifstream file(directory_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path(std::size_t quality, std::uint64_t sn) const {
    return directory_ /
           ("q" + std::to_string(quality) + "-" + std::to_string(sn) + (fmp4_ ? ".m4s" : ".ts"));
  }

  std::vector<std::string> arguments() const {
    std::vector<std::string> all = {"ffmpeg",
                                    "-nostdin",
                                    "-loglevel",
                                    "error",
                                    "-re",
                                    "-f",
                                    "lavfi",
                                    "-i",
                                    "testsrc2=size=320x180:rate=25",
                                    "-f",
                                    "lavfi",
                                    "-i",
                                    "sine=frequency=440"};
    auto add = [&](const std::vector<std::string>& more) {
      all.insert(all.end(), more.begin(), more.end());
    };
    std::string streams;
    for (std::size_t i = 0; i < kilobits.size(); ++i) {
      auto n = std::to_string(i), rate = std::to_string(kilobits[i]) + "k";
      add({"-map", "0:v", "-map", "1:a", "-b:v:" + n, rate, "-maxrate:v:" + n, rate,
           "-bufsize:v:" + n, rate});
      streams += "v:" + n + ",a:" + n + " ";
    }
    add({"-c:v",
         "libx264",
         "-preset",
         "ultrafast",
         "-tune",
         "zerolatency",
         "-threads",
         "1",
         "-g",
         "25",
         "-keyint_min",
         "25",
         "-x264-params",
         "nal-hrd=cbr:force-cfr=1:scenecut=0",
         "-c:a",
         "aac",
         "-b:a",
         "64k",
         "-f",
         "hls",
         "-hls_time",
         "1",
         "-hls_list_size",
         "12",
         "-hls_flags",
         "program_date_time+temp_file",
         "-master_pl_name",
         "master.m3u8",
         "-var_stream_map",
         streams});
    if (fmp4_)
      add({"-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init_%v.mp4"});
    add({"-hls_segment_filename", (directory_ / (fmp4_ ? "q%v-%d.m4s" : "q%v-%d.ts")).string(),
         (directory_ / "q%v.m3u8").string()});
    return all;
  }

  bool fmp4_;
  processes::TemporaryDirectory directory_{"p2plive-viewer-test"};
  processes::Service nginx_;
  processes::ChildProcess encoder_;
};

} // namespace p2plive::test
