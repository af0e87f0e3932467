// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/membership.h"

#include "core/backoff.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace p2plive::core {

namespace {

constexpr std::size_t most_candidates = 256;
constexpr std::size_t most_banned = 1'024;
/// Offers accepted beyond max-peers, so that a newcomer is not refused by everybody.
constexpr std::size_t spare_slots = 2;
/// A viewer goes out for so many places, for more when these do not give it enough, and leaves the
/// others to who comes: some can be met by few. Small swarms are full meshes nevertheless.
constexpr std::size_t places_wanted = 22;
constexpr std::size_t places_wanted_when_short = 30;
/// Connections opened at the same time. Most paths that there are take less than a second to
/// find; attempts older than that are waited for, but no longer keep others from being made.
constexpr std::size_t most_connecting = 12;
constexpr std::size_t most_attempts = 24;
constexpr Duration path_found_within = 1s;

constexpr Duration review_every = 1s;
constexpr Duration evict_every = 10s;
/// Of what neighbours exchange in the mean: who exchanges more is kept.
constexpr double little = 0.4;
constexpr Duration connecting_patience = 20s;
constexpr Duration handshake_patience = 5s;
constexpr Duration silence_patience = 15s;
constexpr Duration probation = 20s;
constexpr unsigned most_failures = 4;

/// Between attempts at one viewer: twice as long each time.
constexpr Duration attempt_again_first = 10s;
constexpr Duration attempt_again_most = 600s;
/// Routers do not change their ways.
constexpr Duration no_path_again_first = 120s;
constexpr Duration return_after = 2s;
/// Who left for good is soon not in the tracker's answers any more: after so many failures in a row
/// a viewer is tried only when the tracker still names it.
constexpr unsigned failures_unnamed = 4;
/// After so many attempts in a row without a path it is this viewer's own network that has none
/// (strict NAT, UDP blocked): then few at a time, and while nobody is connected with pauses.
constexpr unsigned most_fruitless = 8;
constexpr std::size_t most_connecting_without_luck = 2;
/// So often it tries at once whom the tracker introduces then.
constexpr unsigned few_rounds = 3;
constexpr Duration pause_first = 10s;
constexpr Duration pause_most = 60s;

} // namespace

Membership::Membership(const Settings& settings)
    : self_(settings.self), max_peers_(settings.max_peers), random_(settings.seed) {}

void Membership::joined(Time now) {
  announces_.begin(now);
  review_at_ = now;
  evict_at_ = now + evict_every;
}

void Membership::tracker_answered(Time now, const TrackerAnswer& answer) {
  announced_ = true;
  population_ = std::max<std::uint32_t>(answer.population, 1);
  seed_place_ = answer.seed;
  if (rounds_ < few_rounds)
    next_try_at_ = now; // who is introduced now may be others than before
  for (const auto& peer : answer.peers)
    if (peer != self_ && !banned_.contains(peer)) {
      auto& candidate = remember(peer);
      candidate.named = true;
      candidate.named_at = now;
    }
  announces_.answered(now, answer.interval, random_);
  review_at_ = now;
}

void Membership::tracker_failed(Time now, std::optional<Duration> retry_after) {
  announces_.failed(now, retry_after, random_);
}

std::uint32_t Membership::audience(const Neighbours& open) const {
  bool more = open.size() >= max_peers_ || !connecting_.empty() ||
              std::any_of(candidates_.begin(), candidates_.end(), [&](const auto& entry) {
                return entry.second.failures == 0 && !open.contains(entry.first);
              });
  auto met = static_cast<std::uint32_t>(open.size()) + 1;
  return more ? population_ : std::min(population_, met);
}

bool Membership::offer_arrived(Time now, const PeerId& peer, std::size_t open) {
  if (banned_.contains(peer) || peer == self_)
    return false;
  if (auto ours = connecting_.find(peer); ours != connecting_.end()) {
    if (self_ < peer)
      return false;
    ours->second.since = now;
    return true;
  }
  bool isolated = hardly_reaches_anybody() && open == 0;
  if (open + connecting_.size() >= slots() ||
      connecting_.size() >= (isolated ? most_connecting : most_attempts))
    return false;
  connecting_.emplace(peer, {now, !reach_.known() && !counted(peer)});
  return true;
}

void Membership::uplink_changed(Time now, std::uint32_t kilobits) {
  uplink_ = kilobits;
  announces_.sooner(now);
}

void Membership::fell_short(Time now) {
  if (fell_short_at_.back() == now)
    return;
  std::rotate(fell_short_at_.begin(), fell_short_at_.begin() + 1, fell_short_at_.end());
  fell_short_at_.back() = now;
}

/// Repeatedly, and not long ago.
bool Membership::falls_short(Time now) const {
  return fell_short_at_.front() > Time{} && now - fell_short_at_.front() < evict_every;
}

std::size_t Membership::wanted(Time now) const {
  return std::min<std::size_t>(max_peers_,
                               falls_short(now) ? places_wanted_when_short : places_wanted);
}

/// That somebody could be connected with whom nearly everybody can be connected with proves
/// nothing. Else who reaches few, and is introduced to such viewers for that, would soon think it
/// reaches many.
void Membership::met(const Neighbour& neighbour) {
  auto candidate = candidates_.find(neighbour.id());
  if (candidate == candidates_.end())
    return;
  candidate->second.counted = true;
  if (std::exchange(candidate->second.awaited, false) && neighbour.reach().value_or(0) < open_reach)
    reach_.attempted(true);
}

void Membership::opened(const PeerId& peer) {
  auto attempt = connecting_.find(peer);
  bool counts = attempt != connecting_.end() && attempt->second.counts;
  connecting_.erase(peer);
  fruitless_ = 0;
  rounds_ = 0;
  if (banned_.contains(peer))
    return;
  auto& candidate = remember(peer);
  candidate = {.counted = candidate.counted, .awaited = counts};
}

void Membership::closed(Time now, const PeerId& peer, End end) {
  bool without_path = end == End::unreachable;
  if (auto attempt = connecting_.find(peer); attempt != connecting_.end()) {
    if (without_path && attempt->second.counts)
      reach_.attempted(false);
    connecting_.erase(peer);
  }
  if (without_path)
    found_no_path(now);
  if (banned_.contains(peer))
    return;
  auto& candidate = remember(peer);
  candidate.awaited = false;
  candidate.counted |= without_path;
  auto first = without_path ? no_path_again_first : attempt_again_first;
  auto wait =
      end == End::left ? return_after : doubled(first, candidate.failures++, attempt_again_most);
  candidate.named = candidate.failures < failures_unnamed;
  candidate.try_at = now + jittered(wait, random_);
}

bool Membership::counted(const PeerId& peer) const {
  auto candidate = candidates_.find(peer);
  return candidate != candidates_.end() && candidate->second.counted;
}

/// When there is no room, who failed most often makes it, or who was named longest ago.
Membership::Candidate& Membership::remember(const PeerId& peer) {
  if (candidates_.size() >= most_candidates && !candidates_.contains(peer))
    candidates_.erase(PeerId(
        std::max_element(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
          return a.second.failures != b.second.failures ? a.second.failures < b.second.failures
                                                        : a.second.named_at > b.second.named_at;
        })->first));
  return candidates_.try_emplace(peer).first->second;
}

void Membership::found_no_path(Time now) {
  // Once the tracker knows it introduces those whom nearly everybody can meet.
  if (++fruitless_ == most_fruitless)
    announces_.sooner(now);
}

/// Connections being opened that take longer than most that come to something.
std::size_t Membership::likely_vain(Time now) const {
  return static_cast<std::size_t>(std::ranges::count_if(connecting_, [&](const auto& entry) {
    return entry.second.counts && now - entry.second.since >= path_found_within;
  }));
}

/// Asked after every event, and almost always no even if nothing came of those under way.
bool Membership::seems_to_reach_few(Time now) const {
  return reach_.low_after(connecting_.size()) && reach_.low_after(likely_vain(now));
}

/// Connections being opened that may well come to something.
std::size_t Membership::attempts(Time now) const {
  return static_cast<std::size_t>(
      std::count_if(connecting_.begin(), connecting_.end(), [&](const auto& entry) {
        return now - entry.second.since < path_found_within;
      }));
}

bool Membership::hardly_reaches_anybody() const {
  return fruitless_ >= most_fruitless;
}

void Membership::ban(const PeerId& peer) {
  if (banned_.size() < most_banned)
    banned_.insert(peer);
  candidates_.erase(peer);
  connecting_.erase(peer);
}

Membership::Step Membership::step(Time now, const Neighbours& open) {
  Step step;
  if (!has_joined())
    return step;
  if (now >= review_at_) {
    review_at_ = now + review_every;
    shrink(open, step);
    judge(now, open, step);
    choose(now, open, step);
  }
  announce(now, open.size(), step);
  return step;
}

std::size_t Membership::slots() const {
  return max_peers_ > 0 ? max_peers_ + spare_slots : 0;
}

/// To what is allowed by now: those go with whom least is exchanged.
void Membership::shrink(const Neighbours& open, Step& step) const {
  if (open.size() <= slots())
    return;
  std::vector<std::pair<double, PeerId>> by_use;
  for (const auto& [id, neighbour] : open)
    by_use.emplace_back(neighbour.exchanged(), id);
  std::ranges::sort(by_use);
  for (std::size_t i = 0; i < open.size() - max_peers_; ++i)
    step.drop.emplace_back(by_use[i].second, "fewer peers are wanted");
}

void Membership::judge(Time now, const Neighbours& open, Step& step) {
  for (const auto& [id, neighbour] : open) {
    if (!neighbour.ready && now - neighbour.opened_at() > handshake_patience)
      step.drop.emplace_back(id, "no handshake");
    else if (now - neighbour.last_heard() > silence_patience)
      step.drop.emplace_back(id, "silent");
    else if (neighbour.failures() >= most_failures)
      step.drop.emplace_back(id, "does not deliver");
  }
  for (const auto& [peer, attempt] : connecting_)
    if (now - attempt.since > connecting_patience)
      step.drop.emplace_back(peer, "could not be connected in time");
  // When all places that it goes out for are taken, or all there are, one with whom little is
  // exchanged is given to somebody new now and then.
  bool full = falls_short(now) ? open.size() >= wanted(now)
                               : open.size() == wanted(now) || open.size() >= max_peers_;
  if (now < evict_at_ || !full || !step.drop.empty())
    return;
  bool somebody_new = std::any_of(candidates_.begin(), candidates_.end(), [&](const auto& entry) {
    return entry.second.ready(now) && entry.second.failures == 0 &&
           !connecting_.contains(entry.first) && !open.contains(entry.first);
  });
  if (!somebody_new)
    return;
  evict_at_ = now + evict_every;
  bool need = falls_short(now);
  auto use = [&](const Neighbour& neighbour) {
    return need ? neighbour.received() : neighbour.exchanged();
  };
  const Neighbour* worst = nullptr;
  for (const auto& [id, neighbour] : open)
    if (now - neighbour.opened_at() > probation && (!worst || use(neighbour) < use(*worst)))
      worst = &neighbour;
  double mean = 0;
  for (const auto& [id, neighbour] : open)
    mean += use(neighbour) / static_cast<double>(open.size());
  if (worst && (mean == 0 || use(*worst) < little * mean))
    step.drop.emplace_back(worst->id(), "replaced by somebody new");
}

void Membership::choose(Time now, const Neighbours& open, Step& step) {
  auto at_once = hardly_reaches_anybody() ? most_connecting_without_luck : most_connecting;
  bool isolated = hardly_reaches_anybody() && open.empty();
  if (isolated && now < next_try_at_)
    return;
  auto young = attempts(now);
  if (open.size() + young >= wanted(now) || young >= at_once)
    return;
  std::vector<PeerId> ready;
  for (const auto& [id, candidate] : candidates_)
    if (candidate.ready(now) && !connecting_.contains(id) && !open.contains(id))
      ready.push_back(id);
  std::shuffle(ready.begin(), ready.end(), random_);
  // The tracker's latest answer knows best whom this viewer can meet.
  std::ranges::stable_sort(ready, std::greater(),
                           [&](const PeerId& id) { return candidates_.at(id).named_at; });
  for (const auto& id : ready) {
    if (open.size() + young >= wanted(now) || young >= at_once ||
        connecting_.size() >= most_attempts || open.size() + connecting_.size() >= max_peers_)
      break;
    connecting_.emplace(id, {now, !counted(id)});
    step.connect.push_back(id);
    ++young;
  }
  if (isolated && !step.connect.empty())
    next_try_at_ = now + jittered(doubled(pause_first, rounds_++, pause_most), random_);
  bool tried_all = ready.empty() && connecting_.empty();
  if (tried_all && open.size() < wanted(now) && (falls_short(now) || reach_.low()))
    announces_.sooner(now);
}

void Membership::announce(Time now, std::size_t open, Step& step) {
  // Who seems to reach few does not wait until it is certain: it needs others than those it was
  // introduced to.
  if (announced_ && !said_so_early_ && seems_to_reach_few(now)) {
    said_so_early_ = true;
    announces_.at_once(now);
  }
  if (now < announces_.next())
    return;
  announces_.made(now);
  auto free = slots() - std::min(open, slots());
  Announce out;
  out.event = announced_ ? Announce::Event::update : Announce::Event::started;
  out.want = static_cast<std::uint16_t>(std::min<std::size_t>(free, 50));
  out.free_slots = static_cast<std::uint16_t>(std::min<std::size_t>(free, 1'000));
  out.connected = static_cast<std::uint16_t>(std::min<std::size_t>(open, 1'000));
  out.upload_kbps = uplink_;
  out.reach = static_cast<std::uint8_t>(reach_.percent_after(likely_vain(now)));
  step.announce = out;
}

} // namespace p2plive::core
