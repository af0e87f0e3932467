// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uploader.h"

#include "core/actions.h"
#include "core/push.h"
#include "core/swarm.h"

#include <algorithm>

namespace p2plive::core {

namespace {
constexpr int most_waiting_per_peer = 64;
constexpr std::size_t most_waiting = 1'024;
/// Without a deadline of the asker's a request is worth nothing after this.
constexpr Duration default_patience = 10s;

/// So much of what the way out carries is given to connections at a time. Few are served quickly
/// rather than all slowly: who has a piece early passes it on.
constexpr double seconds_on_the_way = 0.05;

/// Who would wait longer than this share of its patience is told to ask elsewhere, where it can.
constexpr int share_of_patience = 2;
constexpr Duration least_wait = 120ms;
/// Viewers to ask beyond which one more makes no difference.
constexpr unsigned many = 6;
/// Requests of a viewer that what it says of itself puts before others'.
constexpr int most_preferred = 4;
/// Of a viewer that does not know its uplink yet: bytes a second, and in bitrates if that is more.
/// It must get something to pass on.
constexpr double unknown_uplink = 8'192 * 125;
constexpr double unknown_bitrates = 4;
/// Who has waited for this share of its patience is not passed over any longer: it counts on the
/// piece, and when it does not come there is hardly time to ask anybody else.
constexpr int share_until_overdue = 2;
/// Requests of a viewer that this goes for, so that nobody takes a whole uplink.
constexpr int most_overdue = 16;
} // namespace

void Uploader::set_limit(std::optional<std::uint64_t> limit) {
  limit_ = limit;
  tokens_ = std::min<double>(tokens_, limit ? static_cast<double>(*limit) : 0);
}

double Uploader::rate() const {
  return limit_ ? std::min(meter_.rate(), static_cast<double>(*limit_)) : meter_.rate();
}

double Uploader::uplink() const {
  return meter_.known() ? rate() : 0;
}

/// What is pushed goes first, then what is overdue. Then who can be connected with few, for others
/// can ask elsewhere. Of either kind, who passes the chunk on fastest, for that is what makes it
/// spread; then who has fewer to ask, then whose time runs out.
bool Uploader::before(const Waiting& a, const Waiting& b) const {
  if (a.pushed != b.pushed)
    return a.pushed;
  if (a.overdue != b.overdue)
    return a.overdue;
  if (a.overdue)
    return a.expires < b.expires;
  if (a.hard != b.hard)
    return a.hard;
  if (a.uplink != b.uplink)
    return a.uplink > b.uplink;
  if (a.others != b.others)
    return a.others < b.others;
  return a.expires < b.expires;
}

Uploader::Verdict Uploader::request(Time now, const Neighbour& from, const RequestMessage& request,
                                    std::size_t bytes, Duration& retry_after) {
  earn(now);
  note_overdue(now);
  auto patience = request.deadline > 0ms ? std::min<Duration>(request.deadline, default_patience)
                                         : default_patience;
  auto pushed = std::ranges::find_if(queue_, [&](const Waiting& waiting) {
    return waiting.pushed && waiting.from == from.id() && waiting.chunk == request.chunk;
  });
  if (pushed != queue_.end()) { // it keeps its place
    pushed->asked = true;
    pushed->expires = now + patience;
    return Verdict::queued;
  }
  auto count = std::ranges::count(queue_, from.id(), &Waiting::from);
  Waiting waiting{from.id(), request.chunk, bytes, now + patience};
  waiting.others = std::min<unsigned>(request.others, many);
  if (count < most_overdue)
    waiting.overdue_at = now + patience / share_until_overdue;
  if (count < most_preferred) {
    waiting.uplink = from.uplink() > 0 ? from.likely_uplink() : unknown();
    waiting.hard = from.reach().value_or(100) < hard_to_reach;
  }
  std::size_t ahead = bytes;
  auto place = queue_.begin();
  for (; place != queue_.end() && !before(waiting, *place); ++place)
    ahead += place->bytes;
  auto wait = expected_wait(ahead);
  bool elsewhere = request.others > 0 && !waiting.hard &&
                   wait > std::max<Duration>(patience / share_of_patience, least_wait);
  if (wait > patience * 3 / 4 || elsewhere || count >= most_waiting_per_peer ||
      queue_.size() >= most_waiting) {
    retry_after = std::clamp<Duration>(wait / 2, 100ms, 2s);
    return Verdict::busy;
  }
  queue_.insert(place, waiting);
  return Verdict::queued;
}

void Uploader::push(Time now, const Neighbour& to, const ChunkName& chunk, std::size_t bytes) {
  Waiting waiting{to.id(), chunk, bytes, now + push_patience};
  waiting.uplink = to.likely_uplink();
  waiting.pushed = true;
  waiting.asked = false;
  auto ahead = bytes;
  auto place = queue_.begin();
  for (; place != queue_.end() && place->pushed; ++place)
    ahead += place->bytes;
  if (expected_wait(ahead) <= push_patience && queue_.size() < most_waiting)
    queue_.insert(place, waiting);
}

/// Where there is not enough for all, it would only be somebody else who waits in vain.
void Uploader::note_overdue(Time now) {
  bool any = false;
  for (auto& waiting : queue_)
    if (keeps_promises_ && !waiting.overdue && !waiting.pushed && now >= waiting.overdue_at)
      any = waiting.overdue = true;
  if (any)
    std::ranges::stable_sort(queue_, [this](const auto& a, const auto& b) { return before(a, b); });
}

double Uploader::unknown() const {
  return std::max(unknown_uplink, unknown_bitrates * bitrate_);
}

/// Until a piece at the end of `ahead` queued bytes has gone out.
Duration Uploader::expected_wait(std::size_t ahead) const {
  auto wait = static_cast<double>(ahead + moving_) / meter_.rate();
  if (limit_)
    wait = std::max(wait, (static_cast<double>(ahead) - tokens_) /
                              std::max(static_cast<double>(*limit_), 1.0));
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(wait, 3'600.0)));
}

std::vector<Uploader::Job> Uploader::displaced(Time now) {
  std::vector<Job> out;
  std::size_t ahead = 0;
  std::erase_if(queue_, [&](const Waiting& waiting) {
    if (now + expected_wait(ahead + waiting.bytes) <= waiting.expires) {
      ahead += waiting.bytes;
      return false;
    }
    if (waiting.asked)
      out.push_back({waiting.from, waiting.chunk});
    return true;
  });
  return out;
}

void Uploader::cancel(const PeerId& from, const ChunkName& chunk) {
  auto found = std::ranges::find_if(queue_, [&](const Waiting& waiting) {
    return waiting.from == from && waiting.chunk == chunk;
  });
  if (found != queue_.end())
    queue_.erase(found);
}

void Uploader::forget(const PeerId& peer) {
  std::erase_if(queue_, [&](const Waiting& waiting) { return waiting.from == peer; });
}

/// One of the first copies of this chunk, to somebody who passes it on fast.
bool Uploader::spreads(const Waiting& waiting, const Given& given) const {
  return !waiting.hard && waiting.uplink >= fast() && given(waiting.chunk) < first_copies;
}

double Uploader::fast() const {
  return fast_uplink(uplink() > 0 ? uplink() : unknown(), bitrate_);
}

std::optional<Uploader::Job> Uploader::next(Time now, const Neighbours& neighbours,
                                            const Given& given) {
  earn(now);
  note_overdue(now);
  bool enough = static_cast<double>(moving_) > meter_.rate() * seconds_on_the_way;
  if ((limit_ && tokens_ <= 0) || (moving_ > 0 && enough))
    return {};
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < queue_.size();) {
    const auto& here = queue_[i];
    auto neighbour = neighbours.find(here.from);
    bool needless = !here.asked && given(here.chunk) >= first_copies;
    if (neighbour == neighbours.end() || here.expires < now || needless) {
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (neighbour->second.buffered() < send_low_mark) {
      bool first_copy = spreads(here, given);
      if (first_copy || !chosen)
        chosen = i;
      if (first_copy)
        break;
    }
    ++i;
  }
  if (!chosen)
    return {};
  auto place = queue_.begin() + static_cast<std::ptrdiff_t>(*chosen);
  Job job{place->from, place->chunk, place->asked};
  queue_.erase(place);
  return job;
}

void Uploader::buffered(Time now, std::size_t left, std::size_t held, std::size_t moving) {
  meter_.report(now, left, held);
  held_ = held;
  moving_ = moving;
}

void Uploader::sent(std::size_t bytes) {
  held_ += bytes;
  moving_ += bytes;
  if (limit_)
    tokens_ -= static_cast<double>(bytes);
}

Time Uploader::wakeup(Time now) const {
  if (!limit_ || *limit_ == 0 || queue_.empty() || tokens_ > 0)
    return Time::max();
  auto missing = std::chrono::duration<double>(-tokens_ / static_cast<double>(*limit_));
  return now + std::chrono::duration_cast<Duration>(missing) + 1ms;
}

void Uploader::earn(Time now) {
  auto elapsed = seconds(now - last_);
  last_ = now;
  if (!limit_)
    return;
  // A burst of a quarter of a second, or of one chunk where that is more.
  auto most = std::max(static_cast<double>(*limit_) / 4, static_cast<double>(chunk_size));
  tokens_ = std::min(most, tokens_ + elapsed * static_cast<double>(*limit_));
}

} // namespace p2plive::core
