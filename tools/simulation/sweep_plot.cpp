// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/gnuplot.h"
#include "simulation/sweep.h"

#include <algorithm>
#include <sstream>

namespace p2plive::simulation {

namespace {

constexpr const char* commands = R"(set multiplot layout 2,2
set grid
set yrange [0:*]
set key top left
set ylabel 'copies from the CDN'
plot $values using 1:2 with linespoints title 'all', \
     $values using 1:3 with linespoints title 'to those who stay'
set ylabel 'stalled, % of the time'
plot $values using 1:4 with linespoints notitle, 0.1 with lines dashtype 2 title 'at most'
set ylabel 'start-up, 95th percentile, ms'
plot $values using 1:5 with linespoints notitle
set ylabel 'messages beside the media, %'
plot $values using 1:6 with linespoints notitle, 2 with lines dashtype 2 title 'at most'
unset multiplot
)";

/// Values that are so far apart are seen on a logarithmic axis only.
constexpr double far_apart = 10;

bool logarithmic(const Sweep& sweep) {
  auto [least, most] = std::ranges::minmax(sweep.runs, {}, &Sweep::Run::number);
  return least.number > 0 && most.number >= far_apart * least.number;
}

} // namespace

tl::expected<void, std::string> plot(const std::string& file, const Sweep& sweep,
                                     const std::vector<Outcome>& outcomes) {
  std::ostringstream script;
  script << "set terminal svg size 900,600 background 'white'\n$values << EOD\n";
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& steady = outcomes[i].steady;
    script << sweep.runs[i].number << ' ' << steady.copies << ' ' << steady.copies_base << ' '
           << 100 * steady.stall_share << ' '
           << 1e3 * outcomes[i].whole.startup.value_or(sim::Percentiles{}).p95 << ' '
           << 100 * steady.overhead_share << '\n';
  }
  script << "EOD\nset xlabel " << quoted("--" + sweep.option) << '\n'
         << (logarithmic(sweep) ? "set logscale x\n" : "") << commands;
  return draw(file, script.str());
}

} // namespace p2plive::simulation
