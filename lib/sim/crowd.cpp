// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/crowd.h"

#include <algorithm>
#include <cmath>

namespace p2plive::sim {

namespace {

constexpr std::size_t settling = 10; ///< seconds after the last arrival
constexpr double start = 2;          ///< seconds of stream that a join may take from the CDN

struct Rate {
  double mean = 0, peak = 0; ///< bits a second
};

/// Over the seconds from `begin` to before `end`; none of none. What is not in `sent` is nothing.
std::optional<Rate> rate(const std::vector<std::uint64_t>& sent, std::size_t begin,
                         std::size_t end) {
  if (begin >= end)
    return {};
  Rate out;
  for (auto second = begin; second < std::min(end, sent.size()); ++second) {
    auto bits = static_cast<double>(sent[second]) * 8;
    out.mean += bits;
    out.peak = std::max(out.peak, bits);
  }
  out.mean /= static_cast<double>(end - begin);
  return out;
}

std::size_t whole_seconds(double seconds) {
  return static_cast<std::size_t>(std::max(seconds, 0.0));
}

} // namespace

CrowdFigures measure(const Crowd& crowd, const std::vector<std::uint64_t>& sent) {
  CrowdFigures figures;
  auto audience = static_cast<double>(crowd.viewers) * static_cast<double>(crowd.bitrate);
  auto arrived = std::max<std::size_t>(whole_seconds(std::ceil(core::seconds(crowd.arrivals))), 1);
  auto joining = audience * start / static_cast<double>(arrived);
  auto arriving = rate(sent, 0, arrived);
  figures.arriving = arriving->mean / joining;
  figures.arriving_peak = arriving->peak / joining;
  if (auto settled = rate(sent, arrived + settling, whole_seconds(core::seconds(crowd.lasts)))) {
    figures.settled = settled->mean / audience;
    figures.settled_peak = settled->peak / audience;
  }
  return figures;
}

} // namespace p2plive::sim
