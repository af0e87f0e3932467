// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sink_watch.h"

#include <algorithm>
#include <utility>

namespace p2plive::sim {

namespace {
constexpr Duration least_stall = 200ms;
/// Dates are of whole milliseconds.
constexpr Duration rounding = 2ms;
} // namespace

void SinkWatch::look(Time now, const Viewers& viewers) {
  sinks_.resize(viewers.size());
  watching_ = 0;
  for (const auto& viewer : viewers) {
    if (!viewer->watching())
      continue;
    ++watching_;
    auto& sink = sinks_[viewer->index()];
    if (sink.seen == now)
      continue;
    if (sink.seen != Time{})
      sink.watched += now - sink.seen;
    sink.seen = now;
    sink.last = viewer->swarm().statistics();
    if (sink.last.startup_time > 0ns)
      judge(sink, sink.last.delay, viewer->breaks());
  }
}

void SinkWatch::judge(Sink& sink, Duration delay, unsigned breaks) const {
  if (std::exchange(sink.breaks, breaks) != breaks) {
    sink.oldest = delay;
    sink.standing = 0ns;
  }
  // Without a break nothing that is shown grows younger. It only looks so when a chunk has gone out
  // before its time came, and as long as playlists fail, for then nobody knows the live edge.
  delay = std::max(delay, sink.oldest - chunk_);
  sink.delays.push_back(core::seconds(delay));
  auto grown = std::max(delay - sink.oldest, Duration{});
  sink.oldest += grown;
  if (grown <= rounding) {
    sink.standing = 0ns;
    return;
  }
  auto stall = least_stall + chunk_;
  bool known = sink.standing >= stall;
  sink.standing += grown;
  if (sink.standing < stall)
    return;
  sink.stalls += !known;
  sink.stalled += known ? grown : sink.standing;
}

} // namespace p2plive::sim
