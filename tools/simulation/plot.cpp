// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/simulation.h"

#include <cstdio>
#include <memory>

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

/// In single quotes, as gnuplot reads a file's name.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

} // namespace

tl::expected<void, std::string> plot(const std::string& file, const Outcome& outcome) {
  auto closing = [](std::FILE* pipe) { return pclose(pipe); };
  std::unique_ptr<std::FILE, decltype(closing)> gnuplot(popen("gnuplot", "w"), closing);
  if (!gnuplot)
    return tl::make_unexpected(std::string("gnuplot cannot be started"));
  std::fprintf(gnuplot.get(), "set output %s\n$copies << EOD\n", quoted(file).c_str());
  for (const auto& [sn, copies] : outcome.steady.copies_by_segment)
    std::fprintf(gnuplot.get(), "%llu %f\n", static_cast<unsigned long long>(sn), copies);
  std::fputs("EOD\n$rate << EOD\n", gnuplot.get());
  for (std::size_t second = 0; second < outcome.cdn_rate.size(); ++second)
    std::fprintf(gnuplot.get(), "%zu %f\n", second, outcome.cdn_rate[second]);
  std::fprintf(gnuplot.get(), "EOD\n%s", commands);
  if (pclose(gnuplot.release()) != 0)
    return tl::make_unexpected("gnuplot did not draw " + file +
                               "; is it installed (package gnuplot-nox)?");
  return {};
}

} // namespace p2plive::simulation
