// The CDN's log: the truth about what it sent (conf/nginx.conf.in has the format).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <filesystem>
#include <string_view>

namespace p2plive::bench {

/// Between the wall clock, which the log has, and CLOCK_MONOTONIC.
struct ClockPair {
  std::chrono::system_clock::time_point wall;
  Instant monotonic;
  static ClockPair now();
  Instant to_instant(UnixTime time) const;
};

/// None: not a line of that format.
std::optional<CdnRequest> parse_cdn_line(std::string_view line, const ClockPair& clocks);

/// Reads a growing log; each call gives what is new.
class CdnLog {
public:
  explicit CdnLog(std::filesystem::path file) : file_(std::move(file)), clocks_(ClockPair::now()) {}
  const std::vector<CdnRequest>& read();
  std::size_t unreadable() const { return unreadable_; } ///< lines that made no sense

private:
  std::filesystem::path file_;
  ClockPair clocks_;
  std::size_t offset_ = 0, unreadable_ = 0;
  std::vector<CdnRequest> requests_;
};

} // namespace p2plive::bench
