// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/version.h"

#include "core/mix.h"

namespace p2plive::core {

Basis basis_of(const ListedSegment& segment) {
  using std::chrono::milliseconds;
  // EXTINF is written with three to six decimals by different packagers: whole milliseconds.
  auto hash = mix(std::chrono::round<milliseconds>(segment.duration).count());
  hash = mix(hash, segment.discontinuity_sequence);
  auto date = segment.program_date_time;
  return Basis{mix(hash, date ? date->time_since_epoch().count() : -1)};
}

Version version_of(Basis basis, std::uint64_t size) {
  return Version{mix(static_cast<std::uint64_t>(basis), size)};
}

} // namespace p2plive::core
