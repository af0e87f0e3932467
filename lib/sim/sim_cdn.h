// A simulated encoder and the CDN in front of it: playlists, byte ranges, a log of every byte sent,
// and the ways in which real ones fail.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "sim/event_queue.h"
#include "sim/sim_network.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace p2plive::sim {

using core::SequenceNumber;

struct CdnSettings {
  std::uint64_t bitrate = 2'000'000; ///< bits a second
  double variation = 0.2;            ///< of a segment's size, either way
  Duration segment = 2s;
  std::uint64_t window = 6;   ///< segments in the playlist
  Duration latency = 30ms;    ///< from asking to the first byte
  Duration publishing = 50ms; ///< from a segment's end until the playlist shows it
  std::uint64_t first_number = 1'000;
};

/// A segment as it was made; what it holds depends on its number, the epoch and the edge.
struct Segment {
  std::uint64_t sn = 0;
  unsigned epoch = 0;
  unsigned edge = 0;
  auto operator<=>(const Segment&) const = default;
};

/// Viewers are told apart by the index that the world gives them.
class SimCdn {
public:
  using Viewer = std::size_t;
  SimCdn(EventQueue& queue, SimNetwork& network, const CdnSettings& settings, std::uint64_t seed);

  static constexpr core::WallTime wall_zero{std::chrono::milliseconds(1'700'000'000'000)};
  static core::WallTime wall(Time at) {
    return wall_zero + std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
  }

  // Faults.
  bool fails = false;              ///< every answer is a 503
  bool ignores_ranges = false;     ///< every answer is the whole segment
  std::set<Viewer> on_second_edge; ///< they get other bytes, of other sizes
  std::set<Viewer> without_thirds; ///< their edge has lost every third segment: 404
  void restart_encoder();          ///< numbers from zero, another content

  /// The playlist as it is now; none while it fails.
  std::optional<core::Listing> listing() const;

  /// Answers a fetch; `Sink` is told as core::Swarm is.
  struct Sink {
    std::function<void(const core::FetchHead&)> answered;
    std::function<void(std::span<const std::uint8_t>)> data;
    std::function<void()> done;
    std::function<void(const core::FetchError&)> failed;
  };
  void fetch(Viewer viewer, const PeerId& line, const core::Fetch& fetch, Sink sink);
  void cancel(Viewer viewer, core::FetchId id) { under_way_.erase({viewer, id}); }
  void forget(Viewer viewer);

  unsigned epoch() const { return epoch_; }
  core::WallTime epoch_began() const { return wall(began_); }
  Duration latency() const { return settings_.latency; }
  std::uint64_t size(const Segment& segment) const;
  /// The segment's bytes; valid until the next call.
  std::span<const std::uint8_t> content(const Segment& segment);
  Duration segment_duration() const { return settings_.segment; }
  /// When the playlist first showed the segment of the present epoch.
  Time listed_at(std::uint64_t sn) const;

  /// Bytes sent of a segment, by viewer.
  using Log = std::map<Segment, std::map<Viewer, std::uint64_t>>;
  const Log& log() const { return log_; }
  std::uint64_t requests() const { return requests_; }
  /// Bytes of segments sent, by second since the world began.
  const std::vector<std::uint64_t>& by_second() const { return by_second_; }

private:
  struct Answer {
    Segment segment;
    std::uint64_t next = 0;
    std::uint64_t end = 0; ///< behind the last byte
    PeerId line;
    Sink sink;
  };
  using Key = std::pair<Viewer, core::FetchId>;
  void begin(const Key& key, const core::Fetch& fetch);
  void send_slice(const Key& key);

  EventQueue& queue_;
  SimNetwork& network_;
  CdnSettings settings_;
  std::uint64_t seed_;
  unsigned epoch_ = 0;
  std::uint64_t first_number_;
  Time began_; ///< the epoch
  std::map<Key, Answer> under_way_;
  Log log_;
  Time first_second_;
  std::vector<std::uint64_t> by_second_;
  std::uint64_t requests_ = 0;
  std::map<Segment, std::vector<std::uint8_t>> made_; ///< the last ones asked for
};

} // namespace p2plive::sim
