// What is known of each of some viewers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/flat_map.h"
#include "core/ids.h"

namespace p2plive::core {

template <typename T>
using PeerMap = FlatMap<PeerId, T>;

} // namespace p2plive::core
