// The part of a swarm that talks with other viewers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/enough_uplink.h"
#include "core/mix.h"
#include "core/swarm_impl.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace p2plive::core {

namespace {

/// After a viewer was met, its first haves need a moment; what nobody has until then may be had by
/// it.
constexpr Duration introduction = 300ms;
constexpr Duration keep_alive = 5s;
/// Per cent by which a reach has changed when it is told again.
constexpr int reach_step = 10;
/// Each second.
constexpr double exchange_memory = 0.95;
/// After this a newcomer no longer delays what is to be fetched.
constexpr Duration meeting_ends = 10s;

} // namespace

void Swarm::Impl::send(const PeerId& to, const PeerMessage& message) {
  actions.emplace_back(Send{to, encode(message), {}, 0});
}

void Swarm::Impl::tracker_answered(Time now, const TrackerAnswer& answer) {
  membership.tracker_answered(now, answer);
  if (answer.population <= 1)
    hold_seeding_until_ = std::min(hold_seeding_until_, now); // there is nobody to wait for
}

/// The size that a neighbour told before our own playlist listed the segment.
void Swarm::Impl::adopt_claims(StoredSegment& segment) {
  for (const auto& [id, neighbour] : neighbours) {
    const auto* theirs = neighbour.find(segment.sn());
    if (theirs && version_of(segment.basis(), theirs->size) == theirs->name.version &&
        size_told(segment, theirs->size, id))
      return;
  }
}

void Swarm::Impl::peer_opened(Time now, const PeerId& peer) {
  membership.opened(peer);
  if (!rid || membership.banned(peer)) {
    actions.emplace_back(Disconnect{peer, "not wanted"});
    return;
  }
  forget(peer);
  auto& neighbour = neighbours.emplace(peer, Neighbour(peer, now)).first->second;
  HandshakeMessage hello;
  hello.rid = *rid;
  hello.peer = settings.self;
  hello.chunk_size = chunk_size;
  hello.uploads = uploader.allowed();
  hello.uplink = told_uplink_;
  if (told_reach_ == 0)
    told_reach_ = reach();
  hello.reach = told_reach_;
  neighbour.told_uplink = hello.uplink;
  neighbour.told_reach = hello.reach;
  send(peer, hello);
}

void Swarm::Impl::peer_closed(Time now, const PeerId& peer) {
  using End = Membership::End;
  auto end = neighbours.contains(peer) ? End::left : End::failed;
  replan_ = true;
  unask(peer);
  uploader.forget(peer);
  forget(peer);
  membership.closed(now, peer, end);
}

void Swarm::Impl::forget(const PeerId& peer) {
  std::erase_if(holding_, [&](const Neighbour* neighbour) { return neighbour->id() == peer; });
  if (auto found = neighbours.find(peer); found != neighbours.end())
    found->second.count_in(nullptr);
  seeders.forget();
  hearsay.forget(peer);
  neighbours.erase(peer);
}

/// What this viewer was asked for becomes free for others.
void Swarm::Impl::unask(const PeerId& peer) {
  auto found = neighbours.find(peer);
  if (found == neighbours.end())
    return;
  for (const auto& owed : found->second.owed())
    if (auto* slot = slot_of(owed.chunk); slot && slot->asked == peer)
      slot->asked.reset();
}

/// False: it was not asked for it.
bool Swarm::Impl::take_back(Neighbour& neighbour, const ChunkName& chunk) {
  if (!neighbour.take_back(now, chunk))
    return false;
  send(neighbour.id(), CancelMessage{chunk});
  return true;
}

void Swarm::Impl::drop(const PeerId& peer, const std::string& reason, bool for_good) {
  if (neighbours.contains(peer))
    send(peer, ByeMessage{reason});
  actions.emplace_back(Disconnect{peer, reason});
  peer_closed(now, peer);
  if (for_good)
    membership.ban(peer);
}

Slot* Swarm::Impl::slot_of(const ChunkName& chunk) {
  auto* segment = store.find(chunk.object);
  if (!segment || number(chunk.chunk) >= segment->slots().size())
    return nullptr;
  return &segment->slots()[number(chunk.chunk)];
}

void Swarm::Impl::peer_message(Time now, const PeerId& peer,
                               std::span<const std::uint8_t> message) {
  auto found = neighbours.find(peer);
  if (found == neighbours.end())
    return;
  auto& from = found->second;
  from.heard(now);
  std::string reason;
  auto decoded = decode(message, reason);
  if (!decoded) {
    stats_.overhead_bytes += message.size();
    drop(peer, reason, true);
    return;
  }
  auto* piece = std::get_if<PieceMessage>(&*decoded);
  stats_.overhead_bytes += message.size() - (piece ? piece->payload.size() : 0);
  if (!from.ready && !std::holds_alternative<HandshakeMessage>(*decoded) &&
      !std::holds_alternative<ByeMessage>(*decoded)) {
    drop(peer, "spoke before the handshake", true);
    return;
  }
  std::visit([&](const auto& body) { on(from, body); }, *decoded);
}

void Swarm::Impl::on(Neighbour& from, const HandshakeMessage& message) {
  std::string refusal;
  if (message.major != protocol_major)
    refusal = "protocol version " + std::to_string(message.major) + " instead of " +
              std::to_string(protocol_major);
  else if (message.rid != *rid)
    refusal = "another resource";
  else if (message.chunk_size != chunk_size)
    refusal = "chunks of another size";
  else if (message.peer != from.id())
    refusal = "not the viewer it said it was";
  if (!refusal.empty()) {
    drop(PeerId(from.id()), refusal, true);
    return;
  }
  if (from.ready)
    return;
  from.ready = true;
  replan_ = true;
  from.uploads = message.uploads;
  from.hears_entries = message.minor >= entries_since_minor;
  from.hears_pushes = message.minor >= pushes_since_minor;
  from.count_in(&holders);
  seeders.forget();
  from.tells_uplink(message.uplink);
  from.tells_reach(message.reach);
  from.settle();
  membership.met(from);
  auto known_at = now + introduction;
  if (!std::exchange(met_somebody_, true))
    hold_seeding_until_ = known_at;
  else
    hold_seeding_until_ = std::max(hold_seeding_until_, std::min(known_at, began_ + meeting_ends));
  from.told_at = now;
  keep_alive_at_ = std::min(keep_alive_at_, now + keep_alive);
  auto state = from.tell(news(HaveJournal::state(store, timeline)));
  from.told_listed = state.newest_listed;
  send(from.id(), state);
}

void Swarm::Impl::on(Neighbour& from, const HaveMessage& message) {
  auto before = seeders.view(from);
  from.learn(message);
  if (seeders.view(from) != before)
    seeders.forget();
  for (const auto& object : message.objects) {
    auto* segment = store.find(object.object.sn);
    // The size is a viewer's word; it fits our own playlist when it gives the version it comes
    // with.
    if (segment && !segment->size() && object.size > 0 &&
        version_of(segment->basis(), object.size) == object.object.version)
      size_told(*segment, object.size, from.id());
  }
  replan_ |= is_of_use(message);
  hear(from, message);
}

/// Something of [first, first + count) is not here, and nobody was asked for it.
bool Swarm::Impl::lacks(const StoredSegment* segment, std::uint32_t first,
                        std::uint32_t count) const {
  if (!segment)
    return false;
  const auto& slots = segment->slots();
  for (auto chunk = first; chunk < slots.size() && chunk - first < count; ++chunk)
    if (!slots[chunk].data && !slots[chunk].asked && !fetches.covers(segment->sn(), chunk))
      return true;
  return false;
}

bool Swarm::Impl::is_of_use(const Gain& gain) const {
  auto skipped = static_cast<std::uint32_t>(std::countr_zero(gain.bits));
  auto count = static_cast<std::uint32_t>(std::bit_width(gain.bits)) - skipped;
  return gain.bits != 0 && lacks(store.find(gain.sn), 32 * gain.word + skipped, count);
}

bool Swarm::Impl::is_of_use(const HaveMessage& have) {
  return std::ranges::any_of(have.gains, [&](const Gain& gain) { return is_of_use(gain); }) ||
         std::ranges::any_of(have.objects, [&](const ObjectHave& object) {
           const auto* segment = store.find(object.object);
           return std::ranges::any_of(object.chunks, [&](ChunkSpan span) {
             return lacks(segment, span.first, span.count);
           });
         });
}

void Swarm::Impl::on(Neighbour& from, const PieceMessage& message) {
  // What was asked for has come, as planned; who gave it may be asked for more.
  pass_due_ = true;
  replan_ |= undealt_;
  stats_.peer_bytes += message.payload.size();
  auto* slot = slot_of(message.chunk);
  auto* segment = slot ? store.find(message.chunk.object) : nullptr;
  auto owed = std::ranges::find(from.owed(), message.chunk, &Owed::chunk);
  if (segment && segment->length(number(message.chunk.chunk)) != message.payload.size()) {
    drop(PeerId(from.id()), "a piece of a wrong length", true);
    return;
  }
  if (message.pushed || owed == from.owed().end()) {
    take_unasked(from, message);
    return;
  }
  if (!slot || slot->data) {
    stats_.duplicate_bytes += message.payload.size();
    from.forget(message.chunk);
    return;
  }
  ChunkLife life{from.id(), owed->asked_at, now, {}};
  from.delivered(now, message.chunk, message.payload.size());
  auto data = store.allocate();
  if (!data) {
    slot->asked.reset();
    replan_ = true;
    return;
  }
  data.write(0, message.payload);
  keep(*segment, number(message.chunk.chunk), std::move(data), life);
}

void Swarm::Impl::on(Neighbour& from, const BusyMessage& message) {
  if (!from.forget(message.chunk))
    return;
  replan_ = true;
  if (auto* slot = slot_of(message.chunk); slot && slot->asked == from.id())
    slot->asked.reset();
  if (message.gone)
    from.has_not(message.chunk);
  else
    from.is_busy(now, message.retry_after);
}

void Swarm::Impl::on(Neighbour& from, const ByeMessage&) {
  auto peer = from.id();
  actions.emplace_back(Disconnect{peer, "said bye"});
  peer_closed(now, peer);
}

void Swarm::Impl::on(Neighbour&, const UnknownMessage&) {}

/// As messages have it.
std::uint8_t Swarm::Impl::reach() const {
  return membership.reach().known() ? static_cast<std::uint8_t>(membership.reach().share() * 100)
                                    : 0;
}

/// Who may not upload tells what it sees, not what it has: nobody is to ask in vain.
HaveMessage Swarm::Impl::news(HaveMessage have) const {
  if (!uploader.allowed())
    have.objects.clear();
  return have;
}

void Swarm::Impl::tell_haves() {
  if (neighbours.empty()) {
    journal.clear(); // who comes is told everything
    return;
  }
  std::optional<HaveMessage> batch;
  if (journal.due(now)) {
    batch = news(journal.differences(store, timeline));
    batch->uplink = told_uplink_;
    // As it was told the others, unless it has changed: all are to reckon with the same.
    if (told_reach_ == 0 || std::abs(reach() - told_reach_) >= reach_step)
      told_reach_ = reach();
    batch->reach = told_reach_;
  }
  if (batch || now >= keep_alive_at_) {
    keep_alive_at_ = Time::max();
    neighbours.prefetch();
    for (const auto& [id, neighbour] : neighbours)
      neighbour.prefetch_newest();
    auto audience = membership.audience(neighbours);
    for (auto& [id, neighbour] : neighbours) {
      if (!neighbour.ready)
        continue;
      // Who has nothing new to hear still hears from us, or would take us for dead.
      if (batch)
        tell(neighbour, *batch, audience);
      else if (now - neighbour.told_at >= keep_alive)
        tell(neighbour, HaveJournal::nothing(store, timeline), audience);
      keep_alive_at_ = std::min(keep_alive_at_, neighbour.told_at + keep_alive);
    }
  }
  wakeup = std::min({wakeup, keep_alive_at_, journal.wakeup()});
}

/// What of `have` is news to it, if anything is.
void Swarm::Impl::tell(Neighbour& neighbour, const HaveMessage& have, std::uint32_t audience) {
  bool mesh = is_a_mesh(audience, neighbours.size() + 1);
  auto own = neighbour.tell(have);
  // In a mesh it must know that we see what is new, or it does not reckon with us (scheduler.cpp,
  // seeders); elsewhere, and where it sees it itself, it learns it by the way.
  bool listed =
      number(own.newest_listed) > number(neighbour.told_listed) + 1 ||
      (mesh && (!neighbour.newest_listed() || *neighbour.newest_listed() < own.newest_listed));
  if (own.uplink == neighbour.told_uplink)
    own.uplink = 0;
  if (own.reach == neighbour.told_reach)
    own.reach = 0;
  bool more = listed || !own.objects.empty() || own.uplink > 0 || own.reach > 0 ||
              now - neighbour.told_at >= keep_alive;
  if (!more && own.gains.empty())
    return;
  neighbour.told_at = now;
  if (own.uplink > 0)
    neighbour.told_uplink = own.uplink;
  if (own.reach > 0)
    neighbour.told_reach = own.reach;
  neighbour.told_listed = own.newest_listed;
  own.entry = entry_for(neighbour, audience);
  send(neighbour.id(), own);
}

void Swarm::Impl::manage_nodes() {
  if (now >= forget_at_) {
    forget_at_ = now + 1s;
    for (auto& [id, neighbour] : neighbours) {
      neighbour.forget_before(now - owed_for_good);
      neighbour.pass_of_time(exchange_memory);
    }
    enough_uplink_ = enough_uplink(neighbours, store.bitrate());
    uploader.keep_promises(enough_uplink_);
  }
  auto step = membership.step(now, neighbours);
  for (const auto& [peer, reason] : step.drop)
    drop(peer, reason, false);
  for (const auto& peer : step.connect)
    actions.emplace_back(Connect{peer});
  if (step.announce)
    actions.emplace_back(*step.announce);
  wakeup = std::min(wakeup, membership.wakeup());
}

void Swarm::Impl::leave(Time at) {
  now = at;
  finished_ = true;
  for (const auto& [id, neighbour] : neighbours) {
    send(id, ByeMessage{"leaving"});
    actions.emplace_back(Disconnect{id, "leaving"});
  }
  hearsay.clear();
  holding_.clear();
  holders = {};
  seeders.forget();
  neighbours.clear();
  for (const auto& [id, transfer] : fetches.under_way())
    actions.emplace_back(CancelFetch{id});
  fetches.clear();
  if (membership.has_joined())
    actions.emplace_back(Announce{Announce::Event::stopped, 0, 0, 0, 0});
}

} // namespace p2plive::core
