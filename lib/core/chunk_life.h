// How a chunk came to this viewer: kept for those who look into a session, and only then.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <optional>

namespace p2plive::core {

struct ChunkLife {
  std::optional<PeerId> from; ///< none: the CDN
  Time asked_at{};            ///< when that was asked for it
  Time got_at{};              ///< when it was whole
  /// When it had to be handed out at the latest: Cursor::follow_due. None before it was, and with
  /// Pace::none.
  std::optional<Time> due_at;
};

} // namespace p2plive::core
