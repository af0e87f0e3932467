// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/percentiles.h"

#include <algorithm>
#include <cstddef>

namespace p2plive::sim {

std::optional<Percentiles> percentiles(std::vector<double> values) {
  if (values.empty())
    return {};
  std::sort(values.begin(), values.end());
  auto at = [&](std::size_t percent) {
    return values[std::max<std::size_t>((values.size() * percent + 99) / 100, 1) - 1];
  };
  return Percentiles{at(50), at(95), at(99)};
}

} // namespace p2plive::sim
