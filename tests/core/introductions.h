// A viewer for tests of whom it goes out for, and the tracker's answers to it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/events.h"
#include "core/settings.h"

#include "core_test.h"

namespace p2plive::test {

inline Settings settings(std::uint64_t self, unsigned max_peers = 30) {
  Settings out;
  out.self = peer(self);
  out.max_peers = max_peers;
  out.seed = self + 1;
  return out;
}

/// Introduces `count` viewers from `first` on.
inline TrackerAnswer answer(std::uint64_t first, std::uint64_t count, std::uint32_t population) {
  TrackerAnswer out{population, 30s, {}};
  for (auto i = first; i < first + count; ++i)
    out.peers.push_back(peer(i));
  return out;
}

} // namespace p2plive::test
