// Ids that tests can tell apart.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace p2plive::test {

/// A core::PeerId or core::Rid of one byte, repeated.
template <typename Id>
Id id(std::uint8_t value) {
  Id id;
  id.bytes.fill(value);
  return id;
}

} // namespace p2plive::test
