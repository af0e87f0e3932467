// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/holders.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

void Holders::add(const ObjectName& object, std::size_t chunk) {
  auto found = std::ranges::find(segments_, object, &Segment::object);
  if (found == segments_.end())
    found = segments_.insert(found, {object, 0, {}});
  if (found->counts.size() <= chunk)
    found->counts.resize(chunk + 1);
  ++found->counts[chunk];
  ++found->total;
}

void Holders::remove(const ObjectName& object, std::size_t chunk) {
  auto found = std::ranges::find(segments_, object, &Segment::object);
  --found->counts[chunk];
  if (--found->total > 0)
    return;
  std::swap(*found, segments_.back());
  segments_.pop_back();
}

const Holders::Counts* Holders::find(const ObjectName& object) const {
  auto found = std::ranges::find(segments_, object, &Segment::object);
  return found != segments_.end() ? &found->counts : nullptr;
}

unsigned Holders::count(const ChunkName& chunk) const {
  const auto* counts = find(chunk.object);
  auto place = number(chunk.chunk);
  return counts && place < counts->size() ? (*counts)[place] : 0;
}

} // namespace p2plive::core
