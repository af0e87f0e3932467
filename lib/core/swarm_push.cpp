// The part of a swarm that gives new chunks unasked, and takes what has not been asked for. To whom
// they go is in push.h, when in uploader.h, and how much of it is put up with in push_allowance.h.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/push.h"
#include "core/swarm_impl.h"

namespace p2plive::core {

/// A chunk has come from the CDN. A small swarm, where most are connected with each other, has no
/// use for this (docs/scheduling.md, What was tried), and what is not new most have: a viewer that
/// is far behind would push what others have played.
void Swarm::Impl::push(const StoredSegment& segment, std::uint32_t chunk) {
  ChunkName name{segment.name(), ChunkIndex{chunk}};
  bool large = !settings.seed_share &&
               goes_by_places(membership.audience(neighbours), membership.seed_place());
  bool is_new = !is_init(segment.sn()) && next(segment.sn()) >= timeline.newest();
  if (!large || !is_new || !uploader.allowed() || holders.count(name) > 0)
    return;
  uploader.set_bitrate(store.bitrate());
  for (const auto& peer : push_receivers(settings.self, neighbours, name, uploader.fast()))
    if (auto& to = neighbours.at(peer); to.to_push.take(now, 1, store.bitrate()))
      uploader.push(now, to, name, segment.length(chunk));
}

/// It is about to be sent. False: it has come to have it. The receiver has no place for it before
/// somebody has told how large the segment is.
bool Swarm::Impl::begin_push(Neighbour& to, const ChunkName& chunk) {
  if (to.has(chunk))
    return false;
  auto have = HaveJournal::nothing(store, timeline);
  have.objects.push_back({chunk.object, *store.find(chunk.object)->size(), {}});
  tell(to, have, membership.audience(neighbours));
  to.pushed(now, chunk);
  return true;
}

/// A piece that was pushed, or has crossed our cancel, is taken where it is still lacked; many that
/// nobody asked for are an offence. When we asked for it, if at all, tells nothing of how fast the
/// other is.
void Swarm::Impl::take_unasked(Neighbour& from, const PieceMessage& message) {
  auto* slot = slot_of(message.chunk);
  bool lacked = !slot || !slot->data;
  // Nobody pushes init sections in good faith, and what is coming from the CDN is better.
  const auto& [object, chunk] = message.chunk;
  bool own = is_init(object.sn) || fetches.covers(object.sn, number(chunk));
  bool of_use = slot && lacked && !(message.pushed && own);
  bool asked = from.forget(message.chunk);
  if (asked && slot && slot->asked == from.id()) {
    slot->asked.reset();
    replan_ = true;
  }
  bool allowed = asked || from.forget_taken_back(message.chunk) ||
                 (message.pushed && from.hears_pushes &&
                  from.may_push.take(now, of_use ? 1 : useless_push, store.bitrate()));
  if (auto data = allowed && of_use ? store.allocate() : ChunkRef()) {
    from.gave_unasked(message.payload.size());
    data.write(0, message.payload);
    keep(*store.find(message.chunk.object), number(message.chunk.chunk), std::move(data),
         {from.id(), now, now, {}});
    return;
  }
  stats_.duplicate_bytes += message.payload.size();
  if (message.pushed && lacked) // our next request has not crossed it: it is one
    send(from.id(), CancelMessage{message.chunk});
  if (!allowed && from.offences.note(now))
    drop(PeerId(from.id()), "pieces that nobody asked for", true);
}

} // namespace p2plive::core
