// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/membership.h"

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
/// What is remembered of attempts, in attempts.
constexpr double reach_memory = 32;
/// Who reaches less than this share of others asks the tracker again when it has tried everybody.
constexpr double low_reach = hard_to_reach / 100.0;
constexpr Duration ask_again = 10s;
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

constexpr Duration default_interval = 30s;
/// A tracker that wants to be asked less often than this has too much to do.
constexpr Duration longest_calm = 40s;
constexpr Duration answer_patience = 15s;
constexpr Duration retry_first = 1s;
constexpr Duration retry_most = 60s;

/// `first`, doubled `times` times, at most `most`.
Duration doubled(Duration first, unsigned times, Duration most) {
  return std::min<Duration>(first * (1 << std::min(times, 10u)), most);
}

} // namespace

Membership::Membership(const Settings& settings)
    : self_(settings.self), max_peers_(settings.max_peers), random_(settings.seed) {}

void Membership::joined(Time now) {
  announce_at_ = now;
  review_at_ = now;
  evict_at_ = now + evict_every;
}

void Membership::tracker_answered(Time now, const TrackerAnswer& answer) {
  tracker_failures_ = 0;
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
  auto interval =
      std::clamp<Duration>(answer.interval > 0s ? answer.interval : default_interval, 1s, 600s);
  announce_at_ = now + jittered(interval);
  not_before_ = interval > longest_calm ? announce_at_ : now;
  review_at_ = now;
}

void Membership::tracker_failed(Time now, std::optional<Duration> retry_after) {
  auto backoff = doubled(retry_first, tracker_failures_++, retry_most);
  announce_at_ =
      now + jittered(std::clamp<Duration>(retry_after.value_or(backoff), retry_first, 600s));
  not_before_ = announce_at_;
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
  if (open + connecting_.size() >= max_peers_ + spare_slots ||
      connecting_.size() >= (isolated ? most_connecting : most_attempts))
    return false;
  connecting_.emplace(peer, {now, !knows_reach() && !counted(peer)});
  return true;
}

void Membership::uplink_changed(Time now, std::uint32_t kilobits) {
  uplink_ = kilobits;
  announce_sooner(now);
}

/// Not before the tracker wants to be asked.
void Membership::announce_sooner(Time now) {
  if (!has_joined())
    return;
  auto soon = std::max({now, announced_at_ + ask_again, not_before_});
  announce_at_ = std::min(announce_at_, soon);
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

void Membership::attempted(bool path) {
  if (attempts_ >= reach_memory) {
    paths_ *= (reach_memory - 1) / attempts_;
    attempts_ = reach_memory - 1;
  }
  paths_ += path;
  attempts_ += 1;
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
    attempted(true);
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
      attempted(false);
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
  candidate.try_at = now + jittered(wait);
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
    announce_sooner(now);
}

/// Those of which the end is known, and those that take longer than most that come to something.
double Membership::likely_attempts(Time now) const {
  return attempts_ + static_cast<double>(std::ranges::count_if(connecting_, [&](const auto& entry) {
           return entry.second.counts && now - entry.second.since >= path_found_within;
         }));
}

bool Membership::seems_to_reach_few(Time now) const {
  auto few = [this](double attempts) {
    return attempts >= enough_attempts && reach_after(attempts) < low_reach;
  };
  // Asked after every event, and almost always no even if nothing came of those under way.
  return few(attempts_ + static_cast<double>(connecting_.size())) && few(likely_attempts(now));
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
    judge(now, open, step);
    choose(now, open, step);
  }
  announce(now, open.size(), step);
  return step;
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
    next_try_at_ = now + jittered(doubled(pause_first, rounds_++, pause_most));
  bool tried_all = ready.empty() && connecting_.empty();
  if (tried_all && open.size() < wanted(now) &&
      (falls_short(now) || (knows_reach() && reach() < low_reach)))
    announce_sooner(now);
}

void Membership::announce(Time now, std::size_t open, Step& step) {
  // Who seems to reach few does not wait until it is certain: it needs others than those it was
  // introduced to.
  if (announced_ && !said_so_early_ && seems_to_reach_few(now)) {
    said_so_early_ = true;
    announce_at_ = std::min(announce_at_, std::max(now, not_before_));
  }
  if (now < announce_at_)
    return;
  // The next one comes when this one has been answered, or an answer is no more to be expected.
  announce_at_ = now + answer_patience;
  announced_at_ = now;
  not_before_ = announce_at_;
  auto slots = max_peers_ + spare_slots - std::min(open, max_peers_ + spare_slots);
  Announce out;
  out.event = announced_ ? Announce::Event::update : Announce::Event::started;
  out.want = static_cast<std::uint16_t>(std::min<std::size_t>(slots, 50));
  out.free_slots = static_cast<std::uint16_t>(std::min<std::size_t>(slots, 1'000));
  out.connected = static_cast<std::uint16_t>(std::min<std::size_t>(open, 1'000));
  out.upload_kbps = uplink_;
  if (auto likely = likely_attempts(now); likely >= enough_attempts)
    out.reach = static_cast<std::uint8_t>(reach_after(likely) * 100);
  step.announce = out;
}

Duration Membership::jittered(Duration around) {
  std::uniform_real_distribution<double> share(0.8, 1.2);
  return std::chrono::duration_cast<Duration>(around * share(random_));
}

} // namespace p2plive::core
