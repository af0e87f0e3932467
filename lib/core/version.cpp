// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/version.h"

#include "core/mix.h"

namespace p2plive::core {

Basis basis_of(const ListedSegment& segment) {
  using std::chrono::milliseconds;
  // EXTINF is written with three to six decimals by different packagers: whole milliseconds.
  auto hash = mix(std::chrono::round<milliseconds>(segment.duration).count());
  hash = mix(hash, segment.discontinuity_sequence);
  // Where a playlist dates only some segments the others are reckoned, and viewers who joined at
  // different times may differ by a millisecond: whole seconds, on a grid off the usual fractions.
  auto date = segment.program_date_time;
  if (date)
    hash = mix(hash,
               std::chrono::round<std::chrono::seconds>(*date + 137ms).time_since_epoch().count());
  return Basis{hash};
}

SequenceNumber init_number(std::string_view path, std::uint64_t offset, std::uint64_t length,
                           std::uint64_t discontinuity_sequence) {
  std::uint64_t hash = path.size();
  for (unsigned char byte : path)
    hash = mix(hash, byte);
  hash = mix(mix(mix(hash, offset), length), discontinuity_sequence);
  return SequenceNumber{first_init_number + hash % first_init_number};
}

Basis basis_of_init(SequenceNumber init) {
  return Basis{mix(number(init))};
}

Version version_of(Basis basis, std::uint64_t size) {
  return Version{mix(static_cast<std::uint64_t>(basis), size)};
}

} // namespace p2plive::core
