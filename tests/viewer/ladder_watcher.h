// What a viewer of a stream in several qualities hands out, for tests.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "ladder_stream.h"
#include "watcher.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace p2plive::test {

/// What the middle quality does not fit through, and the lowest does.
inline constexpr std::uint64_t narrow = 60'000;

inline ViewerOptions adaptive_options(const std::string& server) {
  auto options = Watcher::options(server + "master.m3u8");
  options.live_delay = std::chrono::seconds(8);
  options.lead = std::chrono::seconds(3);
  options.quality.adaptive = true;
  options.quality.start_bitrate = LadderStream::bandwidths[2];
  return options;
}

/// Of the whole segments, without repetitions.
inline std::vector<std::size_t> qualities(const Watcher& watcher) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < watcher.whole(); ++i)
    if (auto quality = LadderStream::quality_of(watcher.segments()[i].bandwidth);
        out.empty() || out.back() != quality)
      out.push_back(quality);
  return out;
}

inline std::string listed(const std::vector<std::size_t>& numbers) {
  std::string out;
  for (auto number : numbers)
    out += std::to_string(number) + " ";
  return out;
}

/// What is wrong with what was handed out: every segment is the encoder's, in the quality that was
/// told, and follows the one before it in number and time.
inline std::string flaws(const LadderStream& stream, const Watcher& watcher) {
  for (std::size_t i = 0; i < watcher.whole(); ++i) {
    const auto& segment = watcher.segments()[i];
    auto quality = LadderStream::quality_of(segment.bandwidth);
    auto name = "segment " + std::to_string(segment.sn) + " of " + std::to_string(quality) + ": ";
    if (!segment.flaw.empty())
      return name + segment.flaw;
    if (segment.bytes != stream.segment(quality, segment.sn))
      return name + std::to_string(segment.bytes.size()) + " other bytes than the encoder's " +
             std::to_string(stream.segment(quality, segment.sn).size());
    if (i == 0)
      continue;
    const auto& before = watcher.segments()[i - 1];
    if (segment.bandwidth != before.bandwidth && segment.init != stream.init(quality))
      return name + "not behind its init section";
    if (segment.sn != before.sn + 1)
      return name + "does not follow " + std::to_string(before.sn);
    if (segment.discontinuity || !segment.timestamp || !before.timestamp)
      return name + "breaks the line of time";
    auto step = *segment.timestamp - *before.timestamp;
    if (step < std::chrono::milliseconds(950) || step > std::chrono::milliseconds(1050))
      return name + "another time than behind the one before";
  }
  return {};
}

/// The last segment that is whole is in this quality.
inline bool plays(const Watcher& watcher, std::size_t quality) {
  return watcher.whole() > 0 && qualities(watcher).back() == quality;
}

} // namespace p2plive::test
