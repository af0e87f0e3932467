// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/segment_archive.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace p2plive::bench {

namespace fs = std::filesystem;

std::optional<UnixTime> parse_date_time(std::string_view text) {
  std::tm date = {};
  int milliseconds = 0, read = 0;
  std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%n", &date.tm_year, &date.tm_mon,
                  &date.tm_mday, &date.tm_hour, &date.tm_min, &date.tm_sec, &milliseconds,
                  &read) != 7)
    return std::nullopt;
  date.tm_year -= 1900;
  date.tm_mon -= 1;
  auto zone = copy.substr(static_cast<std::size_t>(read));
  int hours = 0, minutes = 0;
  if (zone != "Z" && std::sscanf(zone.c_str(), "%3d%2d", &hours, &minutes) != 2 &&
      std::sscanf(zone.c_str(), "%3d:%2d", &hours, &minutes) != 2)
    return std::nullopt;
  if (zone[0] == '-')
    minutes = -minutes;
  auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return UnixTime(std::chrono::seconds(timegm(&date)) + std::chrono::milliseconds(milliseconds) -
                  offset);
}

std::vector<PlaylistEntry> parse_own_playlist(std::string_view text) {
  constexpr std::string_view sequence_tag = "#EXT-X-MEDIA-SEQUENCE:";
  constexpr std::string_view date_tag = "#EXT-X-PROGRAM-DATE-TIME:";
  std::vector<PlaylistEntry> entries;
  std::istringstream lines{std::string(text)};
  PlaylistEntry next;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(sequence_tag, 0) == 0) {
      next.sn = std::strtoull(line.c_str() + sequence_tag.size(), nullptr, 10);
    } else if (line.rfind(date_tag, 0) == 0) {
      next.start = parse_date_time(std::string_view(line).substr(date_tag.size()));
    } else if (!line.empty() && line[0] != '#') {
      next.name = line;
      entries.push_back(next);
      ++next.sn;
      next.start.reset();
    }
  }
  return entries;
}

SegmentArchive::SegmentArchive(fs::path served, std::string playlist, fs::path archive)
    : served_(std::move(served)), playlist_(served_ / playlist), archive_(std::move(archive)) {
  fs::create_directories(archive_);
}

fs::path SegmentArchive::file(MediaSequence sn) const {
  return archive_ / (std::to_string(sn) + ".ts");
}

void SegmentArchive::poll() {
  std::ifstream in(playlist_);
  std::string text(std::istreambuf_iterator<char>(in), {});
  auto now = std::chrono::steady_clock::now();
  for (auto& entry : parse_own_playlist(text)) {
    if (segments_.count(entry.sn))
      continue;
    std::error_code error;
    fs::create_hard_link(served_ / entry.name, file(entry.sn), error);
    auto size = fs::file_size(file(entry.sn), error);
    if (error)
      continue; // Seen again at the next poll.
    segments_[entry.sn] = {entry.sn, entry.name, size, now, entry.start};
  }
}

} // namespace p2plive::bench
