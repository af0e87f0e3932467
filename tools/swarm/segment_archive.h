// Keeps every segment that the encoder lists: its size, when it was first listed, when it was shot,
// and its bytes (a hard link), for as long as the run takes.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/records.h"

#include <filesystem>
#include <map>
#include <string_view>

namespace p2plive::bench {

/// One entry of a media playlist, as far as the run needs it.
struct PlaylistEntry {
  MediaSequence sn = 0;
  std::string name;
  std::optional<UnixTime> start;
};

/// Reads the playlists that the run's own encoder writes (RFC 8216 section 4.3); no others.
std::vector<PlaylistEntry> parse_own_playlist(std::string_view text);

/// "2026-11-22T21:03:54.381+0000", also with Z or a colon in the zone.
std::optional<UnixTime> parse_date_time(std::string_view text);

class SegmentArchive {
public:
  /// Both folders must be on one file system. `playlist` is a file name in `served`.
  SegmentArchive(std::filesystem::path served, std::string playlist, std::filesystem::path archive);

  /// Looks at the playlist and keeps what is new; to be called a few times a second.
  void poll();

  const std::map<MediaSequence, ListedSegment>& segments() const { return segments_; }
  std::filesystem::path file(MediaSequence sn) const;

private:
  std::filesystem::path served_, playlist_, archive_;
  std::map<MediaSequence, ListedSegment> segments_;
};

} // namespace p2plive::bench
