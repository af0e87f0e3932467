// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/simulation.h"

#include "core/mix.h"

namespace p2plive::simulation {

using namespace std::chrono_literals;
using core::Duration;

namespace {

/// docs/scheduling.md: fewer do not make a figure.
constexpr std::size_t least_segments = 20;
/// Between two words about the progress.
constexpr Duration step = 1s;

core::Settings viewer_settings(const Options& options) {
  auto settings = options.viewer;
  settings.expects_peers = true;
  settings.keeping = core::Keeping::sizes;
  return settings;
}

} // namespace

Outcome simulate(const Options& options, const std::function<void(double)>& progress) {
  auto settings = options.world;
  settings.seed = options.seed;
  sim::World world(settings);
  sim::Audience audience(world, options.audience, viewer_settings(options),
                         core::mix(options.seed, 5));
  audience.arrive();

  auto begin = world.queue.now();
  auto last_join = begin + options.audience.arrivals;
  auto steady = last_join + std::chrono::duration_cast<Duration>(options.steady);
  auto end = last_join + std::chrono::duration_cast<Duration>(options.seconds);
  auto run_until = [&](core::Time until) {
    while (world.queue.now() < until) {
      world.run_for(std::min(step, until - world.queue.now()));
      progress(core::seconds(world.queue.now() - begin) / core::seconds(end - begin));
    }
  };
  run_until(steady);
  world.begin_steady();
  run_until(end);

  Outcome outcome;
  outcome.steady = world.figures();
  outcome.digest = world.digest();
  outcome.events = world.queue.executed();
  outcome.seconds = core::seconds(end - steady);
  for (auto bytes : world.cdn.by_second())
    outcome.cdn_rate.push_back(static_cast<double>(bytes) * 8 /
                               static_cast<double>(options.world.cdn.bitrate));
  if (outcome.steady.segments < least_segments)
    outcome.why.push_back("too short: " + std::to_string(outcome.steady.segments) +
                          " segments in the steady window, " + std::to_string(least_segments) +
                          " are needed (--seconds)");
  return outcome;
}

} // namespace p2plive::simulation
