// What the benchmark measures; each is run by the offering side, and prints one line of JSON.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "side.h"

#include <cstddef>
#include <cstdint>

namespace p2plive::bench {

struct Load {
  std::size_t connections = 1;
  std::size_t message = 64 * 1024;   ///< bytes
  std::uint64_t bits_per_second = 0; ///< in all; 0: as fast as it goes
  std::chrono::duration<double> time{2};
};

/// Every connection sends, after a warm-up of half a second.
void measure_throughput(Side& side, const Load& load);
/// `count` connections, one after another, each closed when it is open; or all at once.
void measure_setup(Side& side, std::size_t count, bool at_once);
/// The slope of what is in memory, from `few` idle connections to `many`.
void measure_idle(Side& side, std::size_t few, std::size_t many);

/// The other side: takes what comes and answers questions, until "bye".
void serve(Side& side);

} // namespace p2plive::bench
