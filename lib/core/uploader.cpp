// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uploader.h"

#include "core/swarm.h"

#include <algorithm>

namespace p2plive::core {

namespace {
constexpr std::size_t most_waiting_per_peer = 64;
/// Without a deadline of the asker's a request is worth nothing after this.
constexpr Duration default_patience = 10s;

/// Connections that pieces go to at the same time. Few are served quickly rather than all slowly:
/// who has a piece early passes it on.
constexpr int most_at_once = 3;

/// Who would wait longer than this, while others do, is told to ask elsewhere: by then somebody
/// else has the chunk. (Simulated, 16 viewers with 10 Mbit/s: 2 copies without it, 1.1 with it.)
constexpr Duration most_wait = 120ms;
constexpr std::size_t least_queue = 2 * chunk_size;

constexpr double memory = 0.9; ///< of the rate's measurement, per piece
constexpr double least_rate = 10'000;
} // namespace

void Uploader::set_limit(std::optional<std::uint64_t> limit) {
  limit_ = limit;
  tokens_ = std::min<double>(tokens_, limit ? static_cast<double>(*limit) : 0);
}

Uploader::Verdict Uploader::request(Time now, const PeerId& from, const RequestMessage& request,
                                    std::size_t bytes, Duration& retry_after) {
  earn(now);
  auto patience = request.deadline > 0ms ? Duration(request.deadline) : default_patience;
  auto wait = expected_wait(bytes);
  auto& queue = queues_[from];
  bool contended = queued_bytes_ >= least_queue && wait > most_wait;
  if (wait > patience || contended || queue.size() >= most_waiting_per_peer) {
    retry_after = std::clamp<Duration>(wait / 2, 100ms, 2s);
    return Verdict::busy;
  }
  queue.push_back({request.chunk, bytes, now + patience});
  queued_bytes_ += bytes;
  return Verdict::queued;
}

/// Until a piece of `bytes` behind everything that is queued would go out.
Duration Uploader::expected_wait(std::size_t bytes) const {
  auto queued = static_cast<double>(queued_bytes_ + bytes);
  auto wait = queued / rate_;
  if (limit_)
    wait = std::max(wait, (queued - tokens_) / static_cast<double>(*limit_));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wait));
}

void Uploader::cancel(const PeerId& from, const ChunkName& chunk) {
  auto found = queues_.find(from);
  if (found == queues_.end())
    return;
  std::erase_if(found->second, [&](const Waiting& waiting) {
    if (waiting.chunk != chunk)
      return false;
    queued_bytes_ -= waiting.bytes;
    return true;
  });
}

void Uploader::forget(const PeerId& peer) {
  auto found = queues_.find(peer);
  if (found == queues_.end())
    return;
  for (const auto& waiting : found->second)
    queued_bytes_ -= waiting.bytes;
  queues_.erase(found);
}

std::optional<Uploader::Job> Uploader::next(Time now,
                                            const std::map<PeerId, Neighbour>& neighbours) {
  earn(now);
  if (queues_.empty() || (limit_ && tokens_ <= 0))
    return {};
  auto busy = std::count_if(neighbours.begin(), neighbours.end(), [](const auto& entry) {
    return entry.second.buffered >= send_low_mark;
  });
  if (busy >= most_at_once)
    return {};
  auto begin = queues_.upper_bound(turn_);
  for (std::size_t tried = 0; tried < queues_.size(); ++tried, ++begin) {
    if (begin == queues_.end())
      begin = queues_.begin();
    auto& [peer, queue] = *begin;
    auto neighbour = neighbours.find(peer);
    if (neighbour == neighbours.end() || neighbour->second.buffered >= send_low_mark)
      continue;
    while (!queue.empty() && queue.front().expires < now) {
      queued_bytes_ -= queue.front().bytes;
      queue.pop_front();
    }
    if (queue.empty())
      continue;
    Job job{peer, queue.front().chunk};
    queued_bytes_ -= queue.front().bytes;
    measure(now, queue.front().bytes);
    queue.pop_front();
    turn_ = peer;
    return job;
  }
  return {};
}

/// What goes out while somebody always waits tells what the way out carries.
void Uploader::measure(Time now, std::size_t bytes) {
  if (backlog_) {
    busy_bytes_ = memory * busy_bytes_ + static_cast<double>(bytes);
    busy_seconds_ = memory * busy_seconds_ + seconds(now - last_job_);
    rate_ = std::max(busy_bytes_ / std::max(busy_seconds_, 1e-4), least_rate);
  }
  last_job_ = now;
  backlog_ = queued_bytes_ > 0;
}

void Uploader::sent(std::size_t bytes) {
  if (limit_)
    tokens_ -= static_cast<double>(bytes);
}

Time Uploader::wakeup(Time now) const {
  if (!limit_ || *limit_ == 0 || queued_bytes_ == 0 || tokens_ > 0)
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
