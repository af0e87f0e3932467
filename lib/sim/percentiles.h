// How values are spread: the ones under which 50, 95 and 99 % of them lie.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>
#include <vector>

namespace p2plive::sim {

struct Percentiles {
  double p50 = 0, p95 = 0, p99 = 0; ///< in the values' own unit
};

/// By nearest rank; none of none.
std::optional<Percentiles> percentiles(std::vector<double> values);

} // namespace p2plive::sim
