// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/prefetch.h"
#include "core/swarm_impl.h"

#include <algorithm>
#include <utility>

namespace p2plive::core {

namespace {

/// Viewers that are yet to be met get this long before what is not urgent goes to the CDN.
constexpr Duration meeting_time = 5s;
/// Segments that are listed further ahead than this are not opened yet.
constexpr Duration open_ahead = 90s;
/// While messages come that change nothing, what time alone changes slowly (connections that stand
/// still, requests that cannot be met any more) is looked at so often.
constexpr Duration looks_every = 20ms;
/// A playlist that does not show yet what has to be fetched is loaded again.
constexpr Duration look_again = 250ms;

} // namespace

Swarm::Impl::Impl(Time now, Settings settings)
    : settings(settings), store(settings.pool_limit, settings.keeping), cursor(now, settings),
      membership(settings), uploader(now, settings.upload_limit), now(now), began_(now),
      delivered_at_(now) {
  if (settings.expects_peers)
    hold_seeding_until_ = now + meeting_time;
}

// The stream.

void Swarm::Impl::open_window() {
  auto oldest = hand_out_position() - settings.past;
  for (const auto& entry : timeline.entries()) {
    if (entry.end() < oldest || entry.start > oldest + open_ahead)
      continue;
    if (auto init = entry.segment.init)
      open_init(*init);
    auto& segment = store.add(entry.segment.sn, entry.basis);
    segment.missing |= entry.segment.gap;
    if (!segment.size())
      adopt_claims(segment);
    if (segment.size())
      continue;
    if (auto expected = store.expected_size(entry.segment.duration))
      segment.expect(chunk_count(*expected));
  }
}

/// An init section is small: one chunk is expected until its size is known.
void Swarm::Impl::open_init(SequenceNumber init) {
  auto& object = store.add(init, basis_of_init(init));
  if (object.size())
    return;
  adopt_claims(object);
  object.expect(1);
}

void Swarm::Impl::close_window() {
  if (!cursor.started() || timeline.entries().empty())
    return;
  timeline.drop_before(hand_out_position() - settings.past);
  store.drop_before(timeline.entries().front().segment.sn);
}

/// Those that no listed segment needs.
void Swarm::Impl::drop_inits() {
  if (store.segments().empty() || !is_init(std::prev(store.segments().end())->first))
    return;
  std::vector<SequenceNumber> wanted;
  for (const auto& entry : timeline.entries())
    if (auto init = entry.segment.init; init && (wanted.empty() || wanted.back() != *init))
      wanted.push_back(*init);
  std::ranges::sort(wanted);
  store.drop_inits_but(wanted);
}

// The passes.

bool Swarm::Impl::is_due(Time now) const {
  return replan_ || window_grew_ || pass_due_ || now >= wakeup || now >= looked_at_ + looks_every;
}

void Swarm::Impl::run(Time at, bool changed) {
  replan_ |= changed;
  pass_due_ = false;
  now = std::max(now, at);
  wakeup = Time::max();
  // The first size that is known tells what to expect of the segments after it.
  if (std::exchange(window_grew_, false)) {
    open_window();
    replan_ = true;
  }
  looked_at_ = now;
  auto place = cursor.place();
  cursor.advance(now, timeline, store);
  if (uploader.busy()) {
    measure_uplink(0);
    serve_uploads();
  }
  hand_out();
  give_up_laggard();
  close_window();
  // Within a segment and from one to the next the plan goes on: it reaches further than that.
  bool jumped = cursor.place() &&
                (!place || cursor.place()->sn > next(place->sn) || cursor.place()->sn < place->sn);
  replan_ |= jumped;
  if (replan_ || now >= plan_at_)
    plan_and_ask();
  tell_haves();
  manage_nodes();
  give_up_when_dry();
  wakeup = std::min({wakeup, replan_ ? now : plan_at_, uploader.wakeup(now)});
}

void Swarm::Impl::hand_out() {
  while (auto deliver = cursor.take(now, timeline, store)) {
    if (stats_.startup_time == 0ns)
      stats_.startup_time = std::max<Duration>(now - began_, 1ns);
    if (starving_since_)
      stats_.starved_time += now - *std::exchange(starving_since_, std::nullopt);
    delivered_at_ = now;
    stats_.delivered_bytes += deliver->size;
    // Kept for nobody: the memory is the application's alone then.
    if (settings.past <= 0s && !deliver->init)
      if (auto* segment = store.find(deliver->sn))
        store.drop(*segment, static_cast<std::uint32_t>(deliver->offset / chunk_size));
    actions.emplace_back(std::move(*deliver));
  }
  leave_out_refused();
  bool starving = cursor.starving(now, timeline, store);
  // The lead at the start comes as fast as it can; what is late when it has gone out, and the bytes
  // behind it were here, was due.
  primed_ = primed_ || (stats_.startup_time > 0ns && !starving && !cursor.blocked() &&
                        settings.pace == Pace::stream && cursor.playable(timeline, store) > 0ns);
  if (primed_ && starving && !starving_since_) {
    ++stats_.starvations;
    starving_since_ = now;
  }
  if (cursor.at_end(timeline, store) && !std::exchange(finished_, true))
    actions.emplace_back(Finish{});
  if (auto next = cursor.next_due(now))
    wakeup = std::min(wakeup, *next);
}

/// What has to go out next, a segment or the init section before it, where the CDN does not have
/// it.
const StoredSegment* Swarm::Impl::refused() const {
  const auto& place = cursor.place();
  const auto* segment = place ? store.find(place->sn) : nullptr;
  if (segment && segment->missing)
    return segment;
  const auto* init = cursor.lacks_init(timeline, store);
  return init && init->missing ? init : nullptr;
}

/// Playback waits for what the CDN has refused only while another viewer can give it.
void Swarm::Impl::leave_out_refused() {
  const auto* object = refused();
  if (!object || !cursor.starving(now, timeline, store)) {
    refused_since_.reset();
    return;
  }
  const auto& place = *cursor.place();
  auto chunk = is_init(object->sn()) ? place.init_chunk : place.chunk;
  auto until = refused_since_.value_or(now) + refused_wait;
  bool held = object->size() && holders.count({object->name(), ChunkIndex{chunk}}) > 0;
  if (held && now < until) {
    refused_since_ = until - refused_wait;
    wakeup = std::min(wakeup, until);
    return;
  }
  refused_since_.reset();
  if (leave_out(*object))
    wakeup = std::min(wakeup, now + 1ms);
}

/// False: an init section whose segments are all that is listed, so that nothing is won by it.
bool Swarm::Impl::leave_out(const StoredSegment& refused) {
  if (!is_init(refused.sn())) {
    cursor.skip_segment(timeline);
    return true;
  }
  auto from = cursor.place()->sn;
  if (!cursor.skip_init(now, timeline))
    return false;
  actions.emplace_back(LeaveOut{refused.sn(), from, cursor.place()->sn});
  return true;
}

Duration Swarm::Impl::threshold() const {
  // A segment is listed when it is whole, and seen half a poll later; the lead is handed out ahead.
  auto peers_time = cursor.live_delay() - cursor.reserve() - timeline.target_duration() * 5 / 4;
  if (cursor.gives_whole())
    peers_time -= timeline.target_duration();
  return cdn_threshold(settings.cdn_threshold, fetches.p95(), peers_time);
}

/// Who is asked says at once when it cannot: silence is a promise. It is believed for as long as
/// another viewer could still be asked after it, but not for as long as it is remembered. Where
/// promises are kept that is longer.
static Time believed_until(Time now, const Dealt& dealt, bool kept) {
  auto left = dealt.needed_by - now;
  auto share = std::min<Duration>(kept ? left * 3 / 4 : left / 2, owed_for_good / 2);
  return now + std::max<Duration>({std::min<Duration>(3 * dealt.expected, 2s), share, 300ms});
}

void Swarm::Impl::plan_and_ask() {
  replan_ = undealt_ = false;
  plan_at_ = Time::max();
  if (finished_ || !cursor.started())
    return;
  auto urgent = threshold();
  auto last = settings.cdn_threshold ? urgent : last_call(urgent, fetches.p95());
  Seeder self{settings.self,
              seeding_weight(settled_uplink_ * 125.0, settled_reach_, store.bitrate())};
  auto plan = core::plan({.now = now,
                          .self = self,
                          .bitrate = store.bitrate(),
                          .link = link,
                          .timeline = timeline,
                          .store = store,
                          .cursor = cursor,
                          .fetches = fetches,
                          .neighbours = neighbours,
                          .holders = holders,
                          .seeders = seeders,
                          .population = membership.audience(neighbours),
                          .seed_place = membership.seed_place(),
                          .reach = reach(),
                          .uploads = uploader.allowed(),
                          .slow = slow(),
                          .seed_share = settings.seed_share,
                          .cdn_threshold = urgent,
                          .last_call = last,
                          .hold_seeding_until = hold_seeding_until_});
  for (const auto& withdrawal : plan.withdrawals) {
    auto* segment = store.find(withdrawal.sn);
    segment->slots()[withdrawal.chunk].asked.reset();
    ChunkName name{segment->name(), ChunkIndex{withdrawal.chunk}};
    auto found = neighbours.find(withdrawal.peer);
    if (found != neighbours.end() && take_back(found->second, name) && withdrawal.failed)
      found->second.failed_to_deliver(now);
  }
  for (const auto& planned : plan.fetches) {
    auto& transfer = fetches.start(now, planned.sn, planned.first, planned.last);
    ++stats_.cdn_requests;
    if (planned.urgent && primed_)
      membership.fell_short(now);
    auto first = std::uint64_t{planned.first} * chunk_size;
    auto last = (std::uint64_t{planned.last} + 1) * chunk_size - 1;
    actions.emplace_back(Fetch{transfer.id, planned.sn, first, last});
  }
  for (const auto& dealt : plan.requests) {
    auto believed = believed_until(now, dealt, enough_uplink_);
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::min(believed, dealt.needed_by) - now);
    auto others = holders.count(dealt.chunk) - 1;
    send(dealt.peer, RequestMessage{dealt.chunk, std::max(left, 1ms),
                                    static_cast<std::uint8_t>(std::min(others, 255u))});
    neighbours.at(dealt.peer).ask(now, dealt.chunk);
    auto& slot = store.find(dealt.chunk.object)->slots()[number(dealt.chunk.chunk)];
    slot.asked = dealt.peer;
    slot.give_up_at = believed;
    plan_at_ = std::min({plan_at_, slot.give_up_at, dealt.needed_by});
  }
  plan_at_ = std::min(plan_at_, plan.wakeup);
  if (plan.look && now >= look_again_at_) {
    look_again_at_ = now + look_again;
    look_at_playlist();
  }
  if (plan.look)
    plan_at_ = std::min(plan_at_, look_again_at_);
  undealt_ = plan.undealt;
}

void Swarm::Impl::give_up_when_dry() {
  if (finished_ || timeline.entries().empty())
    return;
  if (cursor.blocked()) {
    delivered_at_ = now; // nothing is waited for in a pause, however long it is
    return;
  }
  auto dry_at = delivered_at_ + settings.give_up;
  wakeup = std::min(wakeup, std::max(dry_at, now + 1ms));
  if (now < dry_at)
    return;
  finished_ = true;
  actions.emplace_back(Finish{last_failure_.value_or(
      FetchError{FetchFailure::timed_out, {}, "nothing new to play for too long"})});
}

Statistics Swarm::Impl::statistics() const {
  auto out = stats_;
  if (starving_since_)
    out.starved_time += now - *starving_since_;
  out.pool_allocated = store.pool().allocated();
  out.pool_reused = store.pool().reused();
  out.peers = static_cast<unsigned>(neighbours.size());
  out.buffer_time = cursor.playable(timeline, store);
  out.delay = cursor.delay(now, timeline, store);
  out.reserve = cursor.reserve_so_far();
  out.ahead = cursor.ahead(now, timeline, store);
  out.starving = starving_since_.has_value();
  out.paused = cursor.paused(now);
  return out;
}

/// What most messages look at, haves.
void Swarm::Impl::prepare_message(const PeerId& peer, unsigned step) const {
  switch (step) {
  case 0:
    prefetch(*this);
    break;
  case 1:
    neighbours.prefetch_keys();
    store.segments().prefetch_keys();
    holders.prefetch();
    if (!timeline.entries().empty()) {
      prefetch_at(&timeline.entries().front());
      prefetch_at(&timeline.entries().back());
    }
    break;
  case 2:
    if (auto found = neighbours.find(peer); found != neighbours.end())
      prefetch(found->second);
    break;
  case 3:
    if (auto found = neighbours.find(peer); found != neighbours.end())
      found->second.prefetch_newest();
    break;
  }
}

// The facade.

Swarm::Swarm(Time now, Settings settings) : impl_(std::make_unique<Impl>(now, settings)) {}
Swarm::~Swarm() = default;

void Swarm::listed(Time now, WallTime wall, const Listing& listing) {
  impl_->now = now;
  impl_->listed(now, wall, listing);
  impl_->run(now);
}

void Swarm::fetch_answered(Time now, FetchId id, const FetchHead& head) {
  impl_->now = now;
  impl_->fetch_answered(now, id, head);
  impl_->run(now);
}

void Swarm::fetch_data(Time now, FetchId id, std::span<const std::uint8_t> bytes) {
  impl_->now = now;
  impl_->fetch_data(now, id, bytes);
  impl_->run(now, false);
}

void Swarm::fetch_done(Time now, FetchId id) {
  impl_->fetch_done(now, id);
  impl_->run(now);
}

void Swarm::fetch_failed(Time now, FetchId id, const FetchError& error) {
  impl_->now = now;
  impl_->fetch_failed(now, id, error);
  impl_->run(now);
}

void Swarm::joined(Time now, Rid rid) {
  impl_->rid = rid;
  impl_->membership.joined(now);
  impl_->run(now);
}

void Swarm::tracker_answered(Time now, const TrackerAnswer& answer) {
  impl_->tracker_answered(now, answer);
  impl_->run(now);
}

void Swarm::tracker_failed(Time now, std::optional<Duration> retry_after) {
  impl_->membership.tracker_failed(now, retry_after);
  impl_->run(now);
}

bool Swarm::offer_arrived(Time now, const PeerId& peer) {
  auto open = impl_->neighbours.size();
  if (impl_->neighbours.contains(peer))
    return false;
  return impl_->membership.offer_arrived(now, peer, open);
}

void Swarm::peer_opened(Time now, const PeerId& peer) {
  impl_->peer_opened(now, peer);
  impl_->run(now);
}

void Swarm::peer_message(Time now, const PeerId& peer, std::span<const std::uint8_t> message) {
  impl_->now = now;
  impl_->peer_message(now, peer, message);
  if (impl_->is_due(now))
    impl_->run(now, false);
}

void Swarm::prepare_message(const PeerId& peer, unsigned step) const {
  impl_->prepare_message(peer, step);
}

void Swarm::peer_buffered(Time now, const PeerId& peer, std::size_t bytes) {
  auto found = impl_->neighbours.find(peer);
  if (found == impl_->neighbours.end())
    return;
  impl_->connection_holds(now, found->second, bytes);
}

void Swarm::peer_closed(Time now, const PeerId& peer) {
  impl_->peer_closed(now, peer);
  impl_->run(now);
}

void Swarm::peer_unreachable(Time now, const PeerId& peer) {
  impl_->membership.closed(now, peer, Membership::End::unreachable);
  impl_->run(now);
}

void Swarm::taken(Time now, std::size_t bytes, std::optional<Duration> clock) {
  bool blocked = impl_->cursor.blocked();
  impl_->cursor.taken(now, bytes, clock);
  impl_->run(now, blocked);
}

void Swarm::set_upload_limit(Time now, std::optional<std::uint64_t> limit) {
  impl_->uploader.set_limit(limit);
  impl_->run(now);
}

void Swarm::set_max_peers(unsigned peers) {
  impl_->membership.set_max_peers(peers);
}

void Swarm::set_link(std::optional<double> carries) {
  impl_->link = carries;
}

void Swarm::advance(Time now) {
  impl_->run(now, false);
}
std::optional<Time> Swarm::poll_left_until(Time now) {
  return impl_->poll_left_until(now);
}
Time Swarm::next_wakeup() const {
  return impl_->wakeup;
}
void Swarm::leave(Time now) {
  impl_->leave(now);
}
std::vector<Action> Swarm::take_actions() {
  return std::exchange(impl_->actions, {});
}
Statistics Swarm::statistics() const {
  return impl_->statistics();
}

} // namespace p2plive::core
