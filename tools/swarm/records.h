// What a run saw, as plain data: written while it runs, judged by accounting.h and verify.h.
// Instants are of CLOCK_MONOTONIC, which all processes of a machine share.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::bench {

using Instant = std::chrono::steady_clock::time_point;
using UnixTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using MediaSequence = std::uint64_t;

/// What a viewer's element handed out of one segment, in the order in which it did.
struct EmittedSegment {
  MediaSequence sn = 0;
  std::uint64_t first_offset = 0; ///< of the first byte; 0 unless its beginning was left out
  std::uint64_t size = 0;         ///< bytes
  std::string sha256;             ///< of them, hexadecimal
  bool contiguous = true;         ///< no gap and no repetition inside
  bool last = false;              ///< the viewer ended here: it may be a part
  Instant begun;
  Instant ended;                 ///< the next segment began, or the viewer ended
  std::optional<UnixTime> start; ///< PROGRAM-DATE-TIME as the element told it
};

/// A frame at the sink.
struct ShownFrame {
  Instant at;
  UnixTime wall;
  MediaSequence sn = 0;
  std::chrono::nanoseconds offset{}; ///< from the segment's first frame
  std::optional<UnixTime> start;     ///< of the segment, as the element told it
};

/// No frame was shown for 200 ms more than a frame's duration.
struct Stall {
  Instant begun;
  std::chrono::nanoseconds length{}; ///< beyond a frame's duration
  /// When it began, the frame that ended it and the next were there: the machine was late, and not
  /// the stream.
  bool in_hand = false;
};

/// The element's own statistics, monotonic but the gauges.
struct Sample {
  Instant at;
  unsigned peers = 0;
  std::uint64_t cdn_bytes = 0, peer_bytes = 0, upload_bytes = 0, delivered_bytes = 0;
  std::uint64_t duplicate_bytes = 0, overhead_bytes = 0, cdn_requests = 0, cdn_errors = 0;
  std::uint64_t starvations = 0, pool_allocated = 0;
  std::chrono::nanoseconds buffer{}, delay{};
  // Not the element's: the segment being handed out, and a stall that goes on.
  MediaSequence sn = 0;
  std::uint64_t sn_bytes = 0;
  std::chrono::nanoseconds stalled{};
};

/// What the kernel says about the viewer's process.
struct Load {
  Instant at;
  std::chrono::nanoseconds cpu{}; ///< user and system time since its start
  std::uint64_t rss = 0;          ///< bytes
};

/// Of a pair that joins late, to be compared: one that shares, and one that plays from the CDN
/// alone and is none of the audience.
enum class Pair { none, sharing, alone };

/// So long a pair stays, and all of it counts as joining.
inline constexpr std::chrono::seconds pair_stays{20};

struct ViewerRecord {
  unsigned number = 0;
  std::string token; ///< its User-Agent, by which the CDN's log knows it
  bool initial = true;
  Pair pair = Pair::none;
  Instant asked; ///< the pipeline was set to play
  std::optional<Instant> first_byte, first_frame;
  std::optional<Instant> left; ///< none: it is there still
  bool meant_to_leave = false; ///< churn, a fault, or the end of the run
  bool faulted = false;
  std::string trouble; ///< an error it told, or how it ended when nobody asked it to
  std::string rid;
  std::vector<EmittedSegment> segments;
  std::vector<ShownFrame> frames; ///< some of them, about four a second
  std::vector<Stall> stalls;
  std::vector<Sample> samples;
  std::vector<Load> loads;
  unsigned skips = 0;

  std::string name() const { return "viewer-" + std::to_string(number); }
  /// There from the beginning to the end of the run.
  bool continuous() const { return initial && (!left || meant_to_leave) && !churned && !faulted; }
  bool churned = false;
};

/// A segment as the encoder made it.
struct ListedSegment {
  MediaSequence sn = 0;
  std::string name; ///< of the file
  std::uint64_t size = 0;
  Instant first_listed;
  std::optional<UnixTime> start; ///< PROGRAM-DATE-TIME
};

/// A line of the CDN's log.
struct CdnRequest {
  Instant at; ///< its end
  std::string path;
  int status = 0;
  std::uint64_t bytes = 0; ///< of the body that were sent
  std::string token;
  std::uint64_t offset = 0; ///< in the file, of the first of them
};

} // namespace p2plive::bench
