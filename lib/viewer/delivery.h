// A chunk that the core hands out, on its way from the network thread to the application's.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "viewer/viewer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace p2plive::viewer {

using Bytes128 = std::array<std::uint8_t, 16>;

/// What undoes AES-128 of one segment, or of one init section (RFC 8216, 4.3.2.4).
struct SegmentSecret {
  Bytes128 key{};
  Bytes128 iv{};
};

/// All chunks of a segment have the same secret.
struct Delivery {
  core::Deliver bytes;
  std::optional<SegmentSecret> secret;    ///< none: they are in the clear
  std::shared_ptr<const Quality> quality; ///< that begins here; null: as before
};

} // namespace p2plive::viewer
