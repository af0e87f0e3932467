// Has the processor fetch memory that is needed soon, and go on meanwhile.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>

namespace p2plive::core {

/// It may point to nothing: this reads nothing.
inline void prefetch_at(const void* memory) {
  __builtin_prefetch(memory);
}

/// All of it.
template <typename T>
void prefetch(const T& object) {
  for (std::size_t line = 0; line < sizeof(T); line += 64)
    prefetch_at(reinterpret_cast<const char*>(&object) + line);
}

} // namespace p2plive::core
