// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/holders.h"

#include <algorithm>
#include <bit>
#include <ranges>
#include <utility>

namespace p2plive::core {

unsigned Holders::Segment::count(std::size_t chunk) const {
  unsigned count = 0;
  for (auto word = chunk * words_; word < std::min((chunk + 1) * words_, bits_.size()); ++word)
    count += static_cast<unsigned>(std::popcount(bits_[word]));
  return count;
}

bool Holders::Segment::any(std::size_t chunk) const {
  for (auto word = chunk * words_; word < std::min((chunk + 1) * words_, bits_.size()); ++word)
    if (bits_[word] != 0)
      return true;
  return false;
}

std::size_t Holders::enter(const Neighbour& neighbour) {
  ++viewers_;
  auto place = std::ranges::find(places_, nullptr);
  if (place == places_.end())
    place = places_.insert(place, nullptr);
  *place = &neighbour;
  if (places_.size() > 64 * words_)
    widen(words_ + 1);
  return static_cast<std::size_t>(place - places_.begin());
}

void Holders::leave(std::size_t place) {
  --viewers_;
  places_[place] = nullptr;
}

void Holders::widen(std::size_t words) {
  for (auto& segment : segments_) {
    auto chunks = segment.bits_.size() / words_;
    std::vector<std::uint64_t> wider(chunks * words);
    for (std::size_t i = 0; i < segment.bits_.size(); ++i)
      wider[i / words_ * words + i % words_] = segment.bits_[i];
    segment.bits_ = std::move(wider);
    segment.words_ = words;
  }
  words_ = words;
}

void Holders::add(const ObjectName& object, std::size_t chunk, std::size_t place) {
  auto* found = look_up(object);
  if (!found) {
    found = &segments_.emplace_back();
    found->object_ = object;
    found->words_ = words_;
  }
  if (found->bits_.size() < (chunk + 1) * words_)
    found->bits_.resize((chunk + 1) * words_);
  found->bits_[chunk * words_ + place / 64] |= std::uint64_t{1} << place % 64;
  ++found->total_;
}

void Holders::remove(const ObjectName& object, std::size_t chunk, std::size_t place) {
  auto* found = look_up(object);
  found->bits_[chunk * words_ + place / 64] &= ~(std::uint64_t{1} << place % 64);
  if (--found->total_ == 0)
    segments_.erase(segments_.begin() + (found - segments_.data()));
}

/// What was heard of last is what is heard of most.
const Holders::Segment* Holders::find(const ObjectName& object) const {
  auto found = std::ranges::find(segments_ | std::views::reverse, object, &Segment::object_);
  return found != segments_.rend() ? &*found : nullptr;
}

Holders::Segment* Holders::look_up(const ObjectName& object) {
  return const_cast<Segment*>(find(object));
}

unsigned Holders::count(const ChunkName& chunk) const {
  const auto* segment = find(chunk.object);
  return segment ? segment->count(number(chunk.chunk)) : 0;
}

std::vector<const Neighbour*> Holders::of_any(const std::vector<ChunkName>& chunks) const {
  std::vector<const Neighbour*> out;
  for (std::size_t word = 0; word < words_; ++word) {
    std::uint64_t all = 0;
    for (const auto& chunk : chunks)
      if (const auto* segment = find(chunk.object)) {
        auto at = number(chunk.chunk) * words_ + word;
        all |= at < segment->bits_.size() ? segment->bits_[at] : 0;
      }
    for (; all != 0; all &= all - 1)
      out.push_back(places_[64 * word + static_cast<std::size_t>(std::countr_zero(all))]);
  }
  return out;
}

} // namespace p2plive::core
