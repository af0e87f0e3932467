// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/plot.h"

#include "simulation/gnuplot.h"

#include <sstream>

namespace p2plive::simulation {

namespace {

constexpr const char* commands = R"(set terminal svg size 900,600 background 'white'
set multiplot layout 2,1
set grid
set yrange [0:*]
set ylabel 'copies of a segment'
set xlabel 'media sequence number'
plot $copies using 1:2 with linespoints title 'sent by the CDN'
set ylabel "CDN's rate / bitrate"
set xlabel 'seconds since the start'
plot $rate using 1:2 with lines title 'CDN'
unset multiplot
)";

} // namespace

tl::expected<void, std::string> plot(const std::string& file, const Outcome& outcome) {
  std::ostringstream script;
  script << "$copies << EOD\n";
  for (const auto& [sn, copies] : outcome.steady.copies_by_segment)
    script << sn << ' ' << copies << '\n';
  script << "EOD\n$rate << EOD\n";
  for (std::size_t second = 0; second < outcome.cdn_rate.size(); ++second)
    script << second << ' ' << outcome.cdn_rate[second] << '\n';
  script << "EOD\n" << commands;
  return draw(file, script.str());
}

} // namespace p2plive::simulation
