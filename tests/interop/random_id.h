// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <random>

namespace p2plive::test {

/// A PeerId or a Rid that nobody else has.
template <typename Id>
Id random_id() {
  std::random_device device;
  Id id;
  for (auto& byte : id.bytes)
    byte = std::uint8_t(device());
  return id;
}

} // namespace p2plive::test
