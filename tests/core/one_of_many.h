// A viewer of a large audience, for tests of what it does there.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/settings.h"

#include "core_test.h"

namespace p2plive::test {

inline constexpr Rid rid{{1, 2, 3, 4}};

/// It has as many neighbours as it may have: the audience is what the tracker says.
inline Settings one_of_many(unsigned neighbours) {
  Settings settings;
  settings.self = peer(1);
  settings.expects_peers = true;
  settings.max_peers = neighbours;
  return settings;
}

} // namespace p2plive::test
