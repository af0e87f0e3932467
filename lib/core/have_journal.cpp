// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/have_journal.h"

#include <algorithm>

namespace p2plive::core {

namespace {

constexpr Duration batching = 40ms;
constexpr Duration slow_batching = 400ms;
constexpr Duration fresh_batching = 20ms;
constexpr Duration listed_batching = 50ms;

/// Of very scattered chunks those are left out that a message has no room for; `room` is what is
/// left of it, in spans.
template <typename Chunks>
std::vector<ChunkSpan> spans(const Chunks& chunks, std::size_t& room) {
  std::vector<ChunkSpan> out;
  for (auto chunk : chunks) {
    if (!out.empty() && out.back().first + out.back().count == chunk) {
      ++out.back().count;
    } else if (room > 0) {
      out.push_back({chunk, 1});
      --room;
    }
  }
  return out;
}

} // namespace

HaveMessage HaveJournal::nothing(const Store& store, const Timeline& timeline) {
  HaveMessage have;
  if (auto newest = timeline.newest())
    have.newest_listed = *newest;
  // Init sections are numbered above all segments.
  have.oldest = have.newest_listed;
  if (!store.segments().empty())
    have.oldest = std::min(have.oldest, store.segments().begin()->first);
  return have;
}

void HaveJournal::gained(Time now, SequenceNumber sn, std::uint32_t chunk, Spread spread) {
  pending_[sn].insert(chunk);
  note(now + (spread == Spread::fresh             ? fresh_batching
              : slow_ || spread == Spread::common ? slow_batching
                                                  : batching));
}

void HaveJournal::sized(Time now, SequenceNumber sn) {
  pending_[sn];
  note(now + batching);
}

void HaveJournal::listed(Time now) {
  note(now + listed_batching);
}

void HaveJournal::uplink_changed(Time now) {
  note(now + batching);
}

void HaveJournal::forget(SequenceNumber sn) {
  pending_.erase(sn);
}

void HaveJournal::clear() {
  pending_.clear();
  flush_at_ = Time::max();
}

HaveMessage HaveJournal::differences(const Store& store, const Timeline& timeline) {
  auto have = nothing(store, timeline);
  auto room = max_have_ranges;
  for (const auto& [sn, chunks] : pending_) {
    const auto* segment = store.find(sn);
    if (segment && segment->size() && have.objects.size() < max_have_objects)
      have.objects.push_back({segment->name(), *segment->size(), spans(chunks, room)});
  }
  clear();
  return have;
}

HaveMessage HaveJournal::state(const Store& store, const Timeline& timeline) {
  auto have = nothing(store, timeline);
  auto room = max_have_ranges;
  // When there are more than fit, the newest are the useful ones.
  auto count = std::min(store.segments().size(), max_have_objects);
  auto entry = std::prev(store.segments().end(), static_cast<std::ptrdiff_t>(count));
  for (; entry != store.segments().end(); ++entry) {
    const auto& segment = entry->second;
    if (!segment.size())
      continue;
    std::vector<std::uint32_t> here;
    for (std::uint32_t chunk = 0; chunk < segment.slots().size(); ++chunk)
      if (segment.slots()[chunk].data)
        here.push_back(chunk);
    have.objects.push_back({segment.name(), *segment.size(), spans(here, room)});
  }
  return have;
}

} // namespace p2plive::core
