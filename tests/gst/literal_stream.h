// A playlist that a test writes, of segments that a real encoder has made.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "live_stream.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace p2plive::tests {

/// Keeps the segments that `stream` lists now. The playlist stays live, and lists no others.
class LiteralStream {
public:
  explicit LiteralStream(const LiveStream& stream) : stream_(stream) {
    const std::string date_tag = "#EXT-X-PROGRAM-DATE-TIME:";
    std::ifstream playlist(stream.root() / "live.m3u8");
    for (std::string line; std::getline(playlist, line);) {
      if (line.starts_with(date_tag) && first_date_.empty())
        first_date_ = line.substr(date_tag.size());
      if (line.ends_with(".ts")) {
        std::filesystem::copy_file(stream.root() / line, stream.root() / ("kept-" + line));
        line = "kept-" + line;
        ++segments_;
      }
      auto& part = line.starts_with("#EXTINF") || !body_.empty() ? body_ : head_;
      part += line + "\n";
    }
  }

  /// With these tags before the first segment.
  void write(const std::string& tags) {
    const auto file = stream_.root() / "literal.m3u8";
    std::ofstream(file.string() + ".new") << head_ << tags << body_;
    std::filesystem::rename(file.string() + ".new", file);
  }

  std::string url() const { return stream_.url("literal.m3u8"); }
  /// Of its first segment, as written.
  const std::string& first_date() const { return first_date_; }
  unsigned segments() const { return segments_; }

private:
  const LiveStream& stream_;
  std::string head_, body_, first_date_;
  unsigned segments_ = 0;
};

} // namespace p2plive::tests
