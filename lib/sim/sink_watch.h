// What viewers' players show, looked at now and then: how old it is, and when it stood still.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/statistics.h"
#include "sim/sim_viewer.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace p2plive::sim {

using Viewers = std::vector<std::unique_ptr<SimViewer>>;

/// A player shows what was handed out at the stream's own pace, so what it shows grows older only
/// while it stands still. docs/scheduling.md calls it a stall when that lasts for 200 ms more than
/// a frame; what is handed out comes in chunks, so here it is 200 ms more than a chunk. Standing
/// still at two looks in a row is one stall.
class SinkWatch {
public:
  static constexpr Duration interval = 500ms; ///< between two looks

  /// Of one viewer, since the start.
  struct Sink {
    core::Statistics last; ///< as they were when it was last seen watching
    Time seen{};           ///< when that was
    Duration watched{};    ///< until then
    unsigned stalls = 0;
    Duration stalled{};
    std::vector<double> delays; ///< seconds behind the live edge, one a look since the first byte
    Duration oldest{};          ///< what was shown, since the last jump ahead
    Duration standing{};        ///< so long by now
    unsigned breaks = 0;        ///< discontinuities so far
  };

  /// A chunk of the stream plays for `chunk` at most.
  explicit SinkWatch(Duration chunk) : chunk_(chunk) {}

  /// `viewers`: all that ever came, in order of their index.
  void look(Time now, const Viewers& viewers);
  const std::vector<Sink>& sinks() const { return sinks_; } ///< by viewer
  std::size_t watching() const { return watching_; }        ///< at the last look

private:
  void judge(Sink& sink, Duration delay, unsigned breaks) const;

  Duration chunk_;
  std::vector<Sink> sinks_;
  std::size_t watching_ = 0;
};

} // namespace p2plive::sim
