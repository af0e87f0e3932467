// A live stream for tests: ffmpeg writes it, nginx serves it, and every segment is kept.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace p2plive::test {

/// Segments of one second. An encoder that is started again begins at number 0, with other bytes.
class LiveStream {
public:
  /// `locations`: further lines for nginx; `address`: other than loopback, on port 80. Throws
  /// std::runtime_error.
  explicit LiveStream(const std::string& locations = {}, const std::string& address = {}) {
    processes::NginxOptions options;
    options.directory = directory_.path();
    options.root = directory_.path();
    options.locations = locations;
    if (!address.empty()) {
      options.address = address;
      options.port = 80;
    }
    auto started = processes::start_nginx(options);
    if (!started)
      throw std::runtime_error(started.error());
    nginx_ = std::move(*started);
  }

  /// Other than MPEG-TS in files of their own: ffmpeg's options for it, in place of the usual
  /// flags, and how the names of segments end.
  void set_muxer(std::vector<std::string> options, const std::string& extension = "ts") {
    muxer_ = std::move(options);
    extension_ = extension;
  }

  /// Returns when `segments` are listed.
  void start_encoder(std::uint64_t segments = 1) {
    encoder_ = {};
    std::filesystem::remove(directory_ / "live.m3u8");
    ++epoch_;
    auto started =
        processes::ChildProcess::spawn({.argv = arguments(), .log = directory_ / "ffmpeg.log"});
    if (!started)
      throw std::runtime_error(started.error());
    encoder_ = std::move(*started);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20 + segments);
    while (listed() < segments) {
      if (std::chrono::steady_clock::now() > deadline || !encoder_.alive())
        throw std::runtime_error("no playlist: " + processes::log_tail(directory_ / "ffmpeg.log"));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  void stop_encoder() { encoder_.kill(); }
  /// As its operator would: the playlist gets its last tag.
  void end_stream() {
    encoder_.send_signal(SIGINT);
    encoder_.wait(std::chrono::seconds(10));
  }
  /// Another run, whose segments follow those of the last one in the same playlist.
  void go_on() {
    ++epoch_;
    for (auto& option : muxer_)
      if (option.starts_with("program_date_time"))
        option += "+append_list";
    auto started =
        processes::ChildProcess::spawn({.argv = arguments(), .log = directory_ / "ffmpeg.log"});
    if (!started)
      throw std::runtime_error(started.error());
    encoder_ = std::move(*started);
  }

  std::string uri() const { return nginx_.url() + "live.m3u8"; }
  processes::Service& nginx() { return nginx_; }
  const processes::TemporaryDirectory& directory() const { return directory_; }
  int epoch() const { return epoch_; }

  /// The bytes of a segment of the encoder's `epoch`-th run, from 1.
  std::string segment(int epoch, std::uint64_t sn) const {
    return file(prefix(epoch) + std::to_string(sn) + "." + extension_);
  }
  std::string file(const std::string& name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

private:
  std::uint64_t listed() const {
    std::ifstream file(directory_ / "live.m3u8");
    std::uint64_t count = 0;
    for (std::string line; std::getline(file, line);)
      count += line.starts_with("#EXTINF");
    return count;
  }

  static std::string prefix(int epoch) { return "run" + std::to_string(epoch) + "-"; }

  std::vector<std::string> arguments() const {
    auto picture = "testsrc2=size=320x180:rate=25,hue=h=" + std::to_string(60 * epoch_);
    std::vector<std::string> all = {"ffmpeg",
                                    "-nostdin",
                                    "-loglevel",
                                    "error",
                                    "-re",
                                    "-f",
                                    "lavfi",
                                    "-i",
                                    picture,
                                    "-f",
                                    "lavfi",
                                    "-i",
                                    "sine=frequency=440",
                                    "-c:v",
                                    "libx264",
                                    "-preset",
                                    "ultrafast",
                                    "-tune",
                                    "zerolatency",
                                    "-g",
                                    "25",
                                    "-b:v",
                                    "800k",
                                    "-c:a",
                                    "aac",
                                    "-f",
                                    "hls",
                                    "-hls_time",
                                    "1",
                                    "-hls_list_size",
                                    "8",
                                    "-hls_segment_filename",
                                    (directory_ / (prefix(epoch_) + "%d." + extension_)).string()};
    all.insert(all.end(), muxer_.begin(), muxer_.end());
    all.push_back((directory_ / "live.m3u8").string());
    return all;
  }

  processes::TemporaryDirectory directory_{"p2plive-viewer-test"};
  processes::Service nginx_;
  processes::ChildProcess encoder_;
  std::vector<std::string> muxer_ = {"-hls_flags", "program_date_time+temp_file"};
  std::string extension_ = "ts";
  int epoch_ = 0;
};

} // namespace p2plive::test
