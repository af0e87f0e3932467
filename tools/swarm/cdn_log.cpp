// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/cdn_log.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>

namespace p2plive::bench {

ClockPair ClockPair::now() {
  return {std::chrono::system_clock::now(), std::chrono::steady_clock::now()};
}

Instant ClockPair::to_instant(UnixTime time) const {
  return monotonic + std::chrono::duration_cast<Instant::duration>(time - wall);
}

std::optional<CdnRequest> parse_cdn_line(std::string_view line, const ClockPair& clocks) {
  // msec, method, uri, status, bytes, range, content range, user agent, connection
  std::array<std::string_view, 9> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto tab = line.find('\t');
    if ((tab == std::string_view::npos) != (i + 1 == fields.size()))
      return std::nullopt;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  auto number = [](std::string_view text, auto& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  CdnRequest request;
  double seconds = 0;
  if (!number(fields[0], seconds) || !number(fields[3], request.status) ||
      !number(fields[4], request.bytes))
    return std::nullopt;
  request.at = clocks.to_instant(
      UnixTime(std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1e3)))));
  // "bytes 100-199/500", "bytes */500" with an error (RFC 9110, section 14.4); empty: from the
  // beginning.
  if (auto range = fields[6]; range.starts_with("bytes ") && !range.starts_with("bytes *") &&
                              !number(range.substr(6, range.find('-') - 6), request.offset))
    return std::nullopt;
  request.path = fields[2];
  request.token = fields[7];
  return request;
}

const std::vector<CdnRequest>& CdnLog::read() {
  std::ifstream in(file_);
  in.seekg(static_cast<std::streamoff>(offset_));
  for (std::string line; std::getline(in, line) && !in.eof();) {
    offset_ += line.size() + 1;
    if (auto request = parse_cdn_line(line, clocks_))
      requests_.push_back(std::move(*request));
    else
      ++unreadable_;
  }
  return requests_;
}

} // namespace p2plive::bench
