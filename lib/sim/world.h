// A simulated world: one clock, one stream, one CDN, one tracker, and viewers who come and go. The
// same seed and the same calls give the same run, action by action.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sim/figures.h"
#include "sim/sim_cdn.h"
#include "sim/sim_network.h"
#include "sim/sim_tracker.h"
#include "sim/sim_viewer.h"
#include "sim/sink_watch.h"

#include <functional>
#include <memory>
#include <vector>

namespace p2plive::sim {

struct WorldSettings {
  std::uint64_t seed = 1;
  CdnSettings cdn;
  NetworkSettings network;
  TrackerSettings tracker;
};

class World {
public:
  explicit World(const WorldSettings& settings);

  /// A viewer who begins to watch after `wait`; owned by the world for as long as it lasts.
  SimViewer& add(const ViewerSettings& settings, Duration wait = 0s);
  /// `count` viewers, their starts spread evenly over `over`.
  void add(std::size_t count, const ViewerSettings& settings, Duration over = 0s);
  /// Anything else that takes part in the network; found by others through the tracker.
  void add(std::unique_ptr<Node> node, const Access& access = {});
  /// An id that no one else has.
  PeerId draw_id();

  void at(Duration wait, std::function<void()> event) { queue.after(wait, std::move(event)); }
  void run_for(Duration time);

  /// The steady window begins now; figures are of what is listed after this.
  void begin_steady();
  Figures figures(Group group = Group::all) const;
  Figures whole_figures() const; ///< of everything since the world began
  std::uint64_t digest() const;
  const std::vector<std::unique_ptr<SimViewer>>& viewers() const { return viewers_; }

  EventQueue queue;
  SimNetwork network;
  SimCdn cdn;
  SimTracker tracker;
  SinkWatch sinks;

private:
  Scene scene() const { return {viewers_, cdn, sinks}; }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<SimViewer>> viewers_;
  std::vector<std::unique_ptr<Node>> others_;
  Snapshot steady_;
  Time look_at_;
};

} // namespace p2plive::sim
