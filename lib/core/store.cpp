// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/store.h"

#include <algorithm>

namespace p2plive::core {

void StoredSegment::expect(std::uint32_t chunks) {
  if (!size_ && chunks > slots_.size())
    slots_.resize(chunks);
}

std::size_t StoredSegment::length(std::uint32_t chunk) const {
  auto begin = std::uint64_t{chunk} * chunk_size;
  return std::min<std::uint64_t>(chunk_size, *size_ - begin);
}

const ChunkLife* StoredSegment::life(std::uint32_t chunk) const {
  return lives_ && chunk < lives_->size() ? &(*lives_)[chunk] : nullptr;
}

void StoredSegment::note(std::uint32_t chunk, const ChunkLife& life) {
  if (!lives_)
    lives_ = std::make_unique<std::vector<ChunkLife>>();
  lives_->resize(slots_.size());
  (*lives_)[chunk] = life;
}

StoredSegment& Store::add(SequenceNumber sn, Basis basis) {
  return segments_.try_emplace(sn, sn, basis).first->second;
}

StoredSegment* Store::find(SequenceNumber sn) {
  auto found = segments_.find(sn);
  return found != segments_.end() ? &found->second : nullptr;
}

const StoredSegment* Store::find(SequenceNumber sn) const {
  auto found = segments_.find(sn);
  return found != segments_.end() ? &found->second : nullptr;
}

StoredSegment* Store::find(const ObjectName& object) {
  auto* segment = find(object.sn);
  return segment && segment->size() && segment->name() == object ? segment : nullptr;
}

Store::SizeChange Store::set_size(StoredSegment& segment, std::uint64_t size,
                                  std::optional<PeerId> by) {
  if (size == 0 || size > max_segment_size)
    return SizeChange::refused;
  if (segment.size_ == size) {
    segment.confirmed_ |= !by;
    return SizeChange::same;
  }
  if (segment.size_ && by)
    return SizeChange::refused;
  auto change = segment.size_ ? SizeChange::replaced : SizeChange::same;
  segment.size_ = size;
  segment.name_.version = version_of(segment.basis_, size);
  segment.confirmed_ = !by;
  segment.claimed_by = by;
  if (change == SizeChange::replaced)
    for (auto& slot : segment.slots_) {
      slot.data = {};
      slot.given = 0;
    }
  segment.here_ = 0;
  segment.slots_.resize(chunk_count(size));
  return change;
}

bool Store::put(StoredSegment& segment, std::uint32_t chunk, ChunkRef data) {
  auto& slot = segment.slots_[chunk];
  slot.asked.reset();
  if (slot.data)
    return false;
  slot.data = std::move(data);
  segment.here_ += bool{slot.data};
  return true;
}

void Store::drop(StoredSegment& segment, std::uint32_t chunk) {
  segment.slots_[chunk].data = {};
  --segment.here_;
}

void Store::drop_before(SequenceNumber sn) {
  segments_.erase_before(sn);
}

void Store::drop_inits_but(std::span<const SequenceNumber> wanted) {
  std::vector<SequenceNumber> unwanted;
  for (const auto& [number, object] : segments_)
    if (is_init(number) && !std::ranges::binary_search(wanted, number))
      unwanted.push_back(number);
  for (auto number : unwanted)
    segments_.erase(number);
}

std::optional<std::uint64_t> Store::expected_size(Duration duration) const {
  if (bytes_per_second_ <= 0)
    return {};
  auto size = static_cast<std::uint64_t>(bytes_per_second_ * seconds(duration));
  return std::clamp<std::uint64_t>(size, 1, max_segment_size);
}

void Store::learn_rate(std::uint64_t size, Duration duration) {
  if (duration <= 0s)
    return;
  auto rate = static_cast<double>(size) / seconds(duration);
  bytes_per_second_ = bytes_per_second_ > 0 ? 0.7 * bytes_per_second_ + 0.3 * rate : rate;
}

} // namespace p2plive::core
