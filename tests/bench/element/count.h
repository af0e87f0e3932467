// What count.cpp counts. element-play finds it by the name p2plive_bench_counts, when it was
// preloaded.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace p2plive::bench {

struct Counts {
  std::uint64_t allocations; ///< calls of malloc, calloc, realloc and their like
  std::uint64_t allocated_bytes;
  std::uint64_t copies; ///< calls of memcpy and memmove with 1 KiB or more
  std::uint64_t copied_bytes;
  std::uint64_t
      reads; ///< calls of read, recv, recvfrom and recvmsg, also such that brought nothing
  std::uint64_t read_bytes;
};

} // namespace p2plive::bench
