// A real live stream for tests: ffmpeg's HLS muxer at its own pace, and nginx that serves it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace p2plive::tests {

struct LiveStreamOptions {
  enum class Kind { mpeg_ts, fmp4, encrypted_ts, aac, mp3, ac3, eac3 } kind = Kind::mpeg_ts;
  unsigned kilobits = 500;
  unsigned segment_seconds = 1;
  unsigned listed = 10; ///< segments in the playlist
};

/// Make it on the stack of main(), before tests fork: they all see it, none ends it. Whatever fails
/// ends the program with a sentence.
class LiveStream {
public:
  explicit LiveStream(LiveStreamOptions options = {});

  const std::filesystem::path& root() const { return root_; }
  std::string url(const std::string& file = "live.m3u8") const { return nginx_.url() + file; }
  void wait_for_segments(unsigned count) const;

  void stop_encoder() { encoder_.kill(); }
  /// The CDN hangs, and goes on.
  void hang(bool on) { nginx_.process.send_signal(on ? SIGSTOP : SIGCONT); }
  /// From the next start on.
  void set_picture_size(std::string size) { size_ = std::move(size); }
  /// On the same addresses, numbers and times from the beginning.
  void start_encoder();
  /// Of MPEG-TS: in the same playlist, behind a discontinuity, with times from the beginning.
  void go_on();

private:
  std::vector<std::string> picture_and_sound() const;
  std::vector<std::string> hls() const;
  std::vector<std::string> audio_segments(const std::string& format) const;

  LiveStreamOptions options_;
  std::string size_ = "320x240", more_flags_;
  processes::TemporaryDirectory directory_{"p2plive-gst-test"};
  std::filesystem::path root_;
  processes::Service nginx_;
  processes::ChildProcess encoder_;
};

} // namespace p2plive::tests
