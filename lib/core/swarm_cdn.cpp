// The part of a swarm that takes what the CDN sends, and keeps what has come, from whomever.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/swarm_impl.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace p2plive::core {

namespace {

constexpr Duration fetch_retry_first = 250ms;
constexpr Duration fetch_retry_most = 4s;
/// What a transfer is given before it may be found slow.
constexpr Duration lag_patience = 1s;
/// Viewers near that have a chunk; up to so many it is news to the others.
constexpr unsigned few = 4;
/// Refusals after which a segment is taken for not to be had.
constexpr unsigned most_refusals = 3;

} // namespace

void Swarm::Impl::fetch_answered(Time, FetchId id, const FetchHead& head) {
  auto* transfer = fetches.find(id);
  auto* segment = transfer ? store.find(transfer->sn) : nullptr;
  if (!segment)
    return;
  fetches.answered(*transfer, head);
  if (fetches.whole_only())
    cancel_others(*transfer);
  if (head.size)
    size_told(*segment, *head.size, {});
}

/// One answer brings the whole segment: further ones would bring it again.
void Swarm::Impl::cancel_others(const Transfer& transfer) {
  std::vector<FetchId> others;
  for (const auto& [id, other] : fetches.under_way())
    if (id != transfer.id && other.sn == transfer.sn)
      others.push_back(id);
  for (auto id : others) {
    actions.emplace_back(CancelFetch{id});
    fetches.failed(id);
  }
}

/// What was due is still to come with a transfer that lags behind the others, as one does that was
/// begun while the CDN was slow: the rest of it is asked for anew. Each time with more patience, so
/// that a chunk always comes in the end.
void Swarm::Impl::give_up_laggard() {
  const auto& place = cursor.place();
  if (!starving_since_ || !place) {
    laggards_ = 0;
    return;
  }
  auto patience = lag_patience * (1 << std::min(laggards_, 5u));
  const auto* transfer = fetches.laggard(now, place->sn, place->chunk, patience);
  if (!transfer)
    return;
  ++laggards_;
  actions.emplace_back(CancelFetch{transfer->id});
  fetches.failed(transfer->id);
  replan_ = true;
}

void Swarm::Impl::fetch_data(Time now, FetchId id, std::span<const std::uint8_t> bytes) {
  auto* transfer = fetches.find(id);
  if (!transfer)
    return;
  stats_.cdn_bytes += bytes.size();
  fetches.received(
      now, *transfer, bytes, [this] { return store.allocate(); },
      [&](const Transfer& from, std::uint32_t chunk, ChunkRef data) {
        // Of another size than the segment's by now: bytes of a version that was given up.
        auto* segment = store.find(from.sn);
        if (segment && segment->size() == from.size)
          keep(*segment, chunk, std::move(data), {{}, from.started, now, {}});
      });
  this->now = now;
}

void Swarm::Impl::fetch_done(Time now, FetchId id) {
  auto* transfer = fetches.find(id);
  if (!transfer)
    return;
  auto* segment = store.find(transfer->sn);
  if (segment && Fetches::complete(*transfer)) {
    segment->failures = 0;
    segment->missing &= !is_init(segment->sn());
    last_failure_.reset();
  } else if (segment) {
    // Less than was asked for, or no memory to keep it: not again at once.
    put_off(*segment, now);
  }
  auto begin = std::uint64_t{transfer->first} * chunk_size;
  auto bytes = static_cast<double>(transfer->offset - std::min(transfer->offset, begin));
  if (cursor.gives_whole()) // its last chunk is needed with its first
    bytes = 0;
  auto plays = std::chrono::duration<double>(store.bitrate() > 0 ? bytes / store.bitrate() : 0);
  fetches.finished(now, id, std::chrono::duration_cast<Duration>(plays));
}

void Swarm::Impl::put_off(StoredSegment& segment, Time now) {
  // Of parts that fail together, as with all connections that are cut, one counts.
  if (now < segment.retry_at)
    return;
  auto wait = fetch_retry_first * (1 << std::min(segment.failures++, 5u));
  segment.retry_at = now + std::min<Duration>(wait, fetch_retry_most);
}

void Swarm::Impl::fetch_failed(Time now, FetchId id, const FetchError& error) {
  auto* transfer = fetches.find(id);
  if (!transfer)
    return;
  auto* segment = store.find(transfer->sn);
  if (error.failure == FetchFailure::out_of_range && error.size && segment) {
    size_told(*segment, *error.size, {});
    fetches.finished(now, id, 0ns);
    return;
  }
  ++stats_.cdn_errors;
  last_failure_ = error;
  if (segment) {
    put_off(*segment, now);
    if (error.failure == FetchFailure::not_found && segment->failures >= most_refusals)
      segment->missing = true;
  }
  fetches.failed(id);
}

bool Swarm::Impl::size_told(StoredSegment& segment, std::uint64_t size, std::optional<PeerId> by) {
  bool known = segment.size() == size;
  auto change = store.set_size(segment, size, by);
  if (change == Store::SizeChange::refused)
    return false;
  if (change == Store::SizeChange::replaced)
    journal.forget(segment.sn());
  if (!known) {
    if (auto* entry = timeline.find(segment.sn()); entry && !by)
      store.learn_rate(size, entry->segment.duration);
    journal.sized(now, segment.sn());
    window_grew_ = true;
  }
  return true;
}

void Swarm::Impl::keep(StoredSegment& segment, std::uint32_t chunk, ChunkRef data,
                       const ChunkLife& life) {
  if (chunk >= segment.slots().size())
    return;
  bool from_cdn = !life.from;
  auto length = segment.length(chunk);
  auto asked = segment.slots()[chunk].asked;
  if (asked && asked != life.from) {
    // It came from the CDN meanwhile, or was pushed: whoever was asked need not send it any more.
    ChunkName name{segment.name(), ChunkIndex{chunk}};
    if (auto found = neighbours.find(*asked); found != neighbours.end())
      take_back(found->second, name);
  }
  if (!store.put(segment, chunk, std::move(data))) {
    stats_.duplicate_bytes += length;
    return;
  }
  if (settings.traces)
    segment.note(chunk, life);
  replan_ |= undealt_ || segment.whole();
  if (from_cdn)
    push(segment, chunk);
  journal.gained(now, segment.sn(), chunk,
                 from_cdn ? HaveJournal::Spread::fresh
                          : spread_of({segment.name(), ChunkIndex{chunk}}));
  // What came from viewers alone tells the bitrate, too, once it is whole.
  auto* entry = timeline.find(segment.sn());
  if (entry && segment.whole())
    store.learn_rate(*segment.size(), entry->segment.duration);
}

HaveJournal::Spread Swarm::Impl::spread_of(const ChunkName& chunk) const {
  auto have = holders.count(chunk);
  return have < few || have * 4 < holders.viewers() ? HaveJournal::Spread::rare
                                                    : HaveJournal::Spread::common;
}

} // namespace p2plive::core
