// What the core's unit tests share.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <gst/check/gstcheck.h>

#include <cstdint>

namespace p2plive::test {

using namespace p2plive::core;

inline constexpr Time start = Time{} + 100s;

/// Ids that are well spread, as random ones are.
inline PeerId peer(std::uint64_t number) {
  PeerId id;
  for (auto& byte : id.bytes) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(number >> 56);
  }
  return id;
}

inline ChunkName chunk_of(std::uint64_t sn, std::uint32_t chunk, std::uint64_t version = 7) {
  return {{SequenceNumber{sn}, Version{version}}, ChunkIndex{chunk}};
}

} // namespace p2plive::test

using namespace p2plive::test;
