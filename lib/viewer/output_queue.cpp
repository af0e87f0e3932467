// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/output_queue.h"

#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

/// What is taken is told when it comes to so much. Less than half of what the swarm leaves untaken
/// (core/cursor.cpp, in bytes and in time), so that with an empty queue it never takes the
/// application for blocked.
constexpr std::size_t told_bytes = 3 * core::chunk_size;
constexpr auto told_media = 100ms;
/// The clock goes on all the time.
constexpr auto told_every = 100ms;

/// While nobody asks, the first say enough.
constexpr std::size_t most_warnings = 16;
} // namespace

OutputQueue::OutputQueue(std::function<void()> notice) : notice_(std::move(notice)) {}

void OutputQueue::push(Outgoing outgoing) {
  {
    std::lock_guard lock(mutex_);
    if (closed_)
      return;
    closed_ = !std::holds_alternative<Delivery>(outgoing);
    queue_.push_back(std::move(outgoing));
  }
  changed_.notify_one();
}

void OutputQueue::peer_added(std::string peer_id) {
  {
    std::lock_guard lock(mutex_);
    news_.added(std::move(peer_id));
  }
  changed_.notify_one();
}

void OutputQueue::peer_removed(std::string peer_id, std::string reason) {
  {
    std::lock_guard lock(mutex_);
    news_.removed(std::move(peer_id), std::move(reason));
  }
  changed_.notify_one();
}

void OutputQueue::date_range(DateRange range) {
  {
    std::lock_guard lock(mutex_);
    date_ranges_.add(std::move(range));
  }
  changed_.notify_one();
}

void OutputQueue::warn(Warning warning) {
  {
    std::lock_guard lock(mutex_);
    if (warnings_.size() < most_warnings)
      warnings_.push_back(std::move(warning));
  }
  changed_.notify_one();
}

void OutputQueue::interrupt(bool on) {
  {
    std::lock_guard lock(mutex_);
    interrupted_ = on;
  }
  changed_.notify_all();
}

bool OutputQueue::interrupted() const {
  std::lock_guard lock(mutex_);
  return interrupted_;
}

Popped OutputQueue::pop(std::optional<std::chrono::nanoseconds> playing,
                        std::optional<Clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  taken_.playing = playing;
  // Somebody who waits must be heard too: pacing follows his clock, also when that stops.
  if (queue_.empty() && has_news()) {
    lock.unlock();
    notice_();
    lock.lock();
  }
  auto ready = [this] {
    return interrupted_ || finished_ || !queue_.empty() || !news_.empty() ||
           !date_ranges_.empty() || !warnings_.empty();
  };
  if (!deadline)
    changed_.wait(lock, ready);
  else if (!changed_.wait_until(lock, *deadline, ready))
    return NotYet{};
  if (interrupted_)
    return Interrupted{};
  if (finished_)
    return EndOfStream{};
  if (auto news = take_news())
    return *std::move(news);
  auto output = take_front();
  bool tell = std::holds_alternative<Delivery>(output) && has_news();
  lock.unlock();
  if (tell)
    notice_();
  return output;
}

/// True: notice_ must be called now.
bool OutputQueue::has_news() {
  if (noticed_)
    return false;
  bool paused_or_resumed = taken_.playing.has_value() != told_playing_.has_value();
  bool much = taken_.bytes >= told_bytes || taken_.media >= told_media;
  bool any = taken_.bytes > 0 || taken_.playing != told_playing_;
  if (!paused_or_resumed && !much && !(any && Clock::now() - told_at_ >= told_every))
    return false;
  told_at_ = Clock::now();
  return noticed_ = true;
}

std::optional<Popped> OutputQueue::take_news() {
  if (!news_.empty())
    return std::visit([](auto&& it) { return Popped(std::move(it)); }, news_.take());
  if (!date_ranges_.empty())
    return date_ranges_.take();
  if (!warnings_.empty()) {
    auto first = std::move(warnings_.front());
    warnings_.pop_front();
    return first;
  }
  return {};
}

Popped OutputQueue::take_front() {
  auto output = std::visit([](auto& it) { return Popped(std::move(it)); }, queue_.front());
  queue_.pop_front();
  if (auto* delivery = std::get_if<Delivery>(&output)) {
    taken_.bytes += delivery->bytes.size;
    taken_.media += delivery->bytes.duration;
    if (!first_taken_)
      first_taken_ = Clock::now();
  } else {
    finished_ = true;
  }
  return output;
}

Taken OutputQueue::collect() {
  std::lock_guard lock(mutex_);
  noticed_ = false;
  told_playing_ = taken_.playing;
  return std::exchange(taken_, {0, {}, taken_.playing});
}

std::optional<OutputQueue::Clock::time_point> OutputQueue::first_taken() const {
  std::lock_guard lock(mutex_);
  return first_taken_;
}

} // namespace p2plive::viewer
