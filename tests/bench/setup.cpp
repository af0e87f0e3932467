// SPDX-License-Identifier: LGPL-2.1-or-later
#include "experiments.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace p2plive::bench {

namespace {

constexpr std::size_t set_up_together = 8;
constexpr std::chrono::seconds settling{3};

/// The smallest value that `share` of all do not exceed.
double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  auto place = static_cast<std::size_t>(std::ceil(share * double(values.size())));
  return values.empty() ? 0 : values[place > 0 ? place - 1 : 0];
}

/// On both sides, as it is with viewers that have a moment between two connections.
void wait_for_reserves(Side& side) {
  bool gathered = false;
  side.heard = [&](const std::string&) { gathered = true; };
  side.say("gathered");
  side.run_until([&] { return gathered && side.has_gathered(); });
}

} // namespace

void measure_setup(Side& side, std::size_t count, bool at_once) {
  auto begin = Clock::now();
  for (std::size_t number = 0; number < count; ++number) {
    if (!at_once)
      wait_for_reserves(side);
    side.connect();
    if (at_once)
      continue;
    side.run_until([&] { return side.links[number].open; });
    side.say("close " + std::to_string(number));
    side.links[number].connection.reset();
  }
  side.run_until([&] { return side.open_count() == count; });
  auto all = seconds_since(begin) * 1000;
  std::vector<double> times;
  for (const auto& link : side.links)
    times.push_back(std::chrono::duration<double, std::milli>(link.opened - link.began).count());
  std::printf("{\"p50_ms\": %.1f, \"p99_ms\": %.1f, \"max_ms\": %.1f, \"all_ms\": %.0f}\n",
              quantile(times, 0.5), quantile(times, 0.99), quantile(times, 1), all);
}

namespace {

struct Memory {
  long ours = 0, theirs = 0;
};

Memory with(Side& side, std::size_t count) {
  while (side.open_count() < count) {
    while (side.links.size() < std::min(count, side.open_count() + set_up_together))
      side.connect();
    auto before = side.open_count();
    side.run_until([&] { return side.open_count() > before; });
  }
  side.run_for(settling);
  Memory memory;
  side.heard = [&](const std::string& text) { memory.theirs = std::stol(text); };
  side.say("memory");
  side.run_until([&] { return memory.theirs > 0; });
  memory.ours = resident_kb();
  return memory;
}

} // namespace

void measure_idle(Side& side, std::size_t few, std::size_t many) {
  auto before = with(side, few);
  auto after = with(side, many);
  auto more = double(many - few);
  auto cpu = cpu_seconds();
  side.run_for(settling);
  cpu = cpu_seconds() - cpu;
  std::printf("{\"offerer_kb\": %.1f, \"answerer_kb\": %.1f, \"offerer_core_share\": %.4f}\n",
              double(after.ours - before.ours) / more, double(after.theirs - before.theirs) / more,
              cpu / std::chrono::duration<double>(settling).count());
}

} // namespace p2plive::bench
