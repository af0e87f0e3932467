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
constexpr Duration step = 100ms;

core::Settings viewer_settings(const Options& options) {
  auto settings = options.viewer;
  settings.expects_peers = true;
  settings.keeping = core::Keeping::sizes;
  return settings;
}

sim::Crowd crowd(const Options& options, Duration lasts) {
  return {options.audience.viewers, options.audience.arrivals, lasts, options.world.cdn.bitrate};
}

std::vector<double> in_bitrates(const std::vector<std::uint64_t>& bytes, std::uint64_t bitrate) {
  std::vector<double> out;
  for (auto each : bytes)
    out.push_back(static_cast<double>(each) * 8 / static_cast<double>(bitrate));
  return out;
}

} // namespace

Outcome simulate(const Options& options, const std::function<void(const Progress&)>& progress) {
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
      progress({world.queue.now() - begin, end - begin, world.sinks.watching()});
    }
  };
  run_until(steady);
  world.begin_steady();
  run_until(end);

  Outcome outcome;
  outcome.whole = world.whole_figures();
  outcome.steady = world.figures(sim::Group::reachable);
  outcome.isolated = world.figures(sim::Group::isolated);
  outcome.crowd = sim::measure(crowd(options, end - begin), world.cdn.by_second());
  outcome.digest = world.digest();
  outcome.events = world.queue.executed();
  outcome.seconds = core::seconds(end - begin);
  outcome.steady_seconds = core::seconds(end - steady);
  outcome.cdn_rate = in_bitrates(world.cdn.by_second(), options.world.cdn.bitrate);
  if (outcome.steady.segments < least_segments)
    outcome.why.push_back("too short: " + std::to_string(outcome.steady.segments) +
                          " segments in the steady window, " + std::to_string(least_segments) +
                          " are needed (--seconds)");
  return outcome;
}

} // namespace p2plive::simulation
