// Names that the services know: viewers and resources.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace p2plive::service {

/// Sixteen opaque bytes; `Tag` keeps the kinds apart.
template <typename Tag>
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Id128&) const = default;
};

/// A viewer, for one session; drawn at random by the viewer itself.
using PeerId = Id128<struct PeerTag>;

/// Resource ID: MD5 of the StreamId.
using Rid = Id128<struct RidTag>;

} // namespace p2plive::service
