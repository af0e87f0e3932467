// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/output_queue.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

/// What is taken is told when it comes to Portions::together, in these bytes or in time. Less than
/// half of what the swarm leaves untaken (core/cursor.cpp, in bytes and in time), so that with an
/// empty queue it never takes the application for blocked. The clock, which goes on all the time,
/// is told as often.
constexpr std::size_t bytes_each = 3 * core::chunk_size;
constexpr std::chrono::nanoseconds each = 100ms;

/// Who takes so long, and half as long as the bytes play, has full queues.
constexpr auto least_slow = 10ms;

/// While nobody asks, the first say enough.
constexpr std::size_t most_warnings = 16;
} // namespace

OutputQueue::OutputQueue(std::function<void()> notice, const Portions& portions)
    : notice_(std::move(notice)), portions_(portions) {}

void OutputQueue::push(Outgoing outgoing) {
  {
    std::lock_guard lock(mutex_);
    if (closed_)
      return;
    closed_ = !std::holds_alternative<Delivery>(outgoing);
    queue_.push_back(std::move(outgoing));
    if (rests_)
      return;
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
                        std::optional<Clock::time_point> deadline,
                        std::optional<std::chrono::nanoseconds> ahead) {
  std::unique_lock lock(mutex_);
  taken_.playing = playing;
  // Somebody who waits must be heard too: pacing follows his clock, also when that stops.
  if (queue_.empty() && has_news()) {
    lock.unlock();
    notice_();
    lock.lock();
  }
  if (!rest(ahead, deadline, lock))
    return NotYet{};
  auto ready = [this] { return is_urgent() || !queue_.empty(); };
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

/// More than bytes.
bool OutputQueue::is_urgent() const {
  return interrupted_ || finished_ || !news_.empty() || !date_ranges_.empty() || !warnings_.empty();
}

/// With full queues downstream there is room for one frame at a time, and for each of them the
/// demuxer would wake: as long as much lies there, bytes wait until there is room for more. False:
/// the deadline came before.
bool OutputQueue::rest(std::optional<std::chrono::nanoseconds> ahead,
                       std::optional<Clock::time_point> deadline,
                       std::unique_lock<std::mutex>& lock) {
  auto now = Clock::now();
  auto given = std::exchange(given_, std::nullopt);
  bool slow = given && now - given->at >= std::max<Clock::duration>(least_slow, given->media / 2);
  if (slow && portions_.enough && ahead >= portions_.enough)
    rests_until_ = now + portions_.together;
  if (now >= rests_until_)
    return true;
  auto until = std::min(rests_until_, deadline.value_or(rests_until_));
  rests_ = true;
  bool urgent = changed_.wait_until(lock, until, [this] { return is_urgent(); });
  rests_ = false;
  return urgent || until == rests_until_;
}

/// True: notice_ must be called now.
bool OutputQueue::has_news() {
  if (noticed_)
    return false;
  bool paused_or_resumed = taken_.playing.has_value() != told_playing_.has_value();
  auto bytes = static_cast<std::size_t>(portions_.together / each) * bytes_each;
  bool much = taken_.bytes >= bytes || taken_.media >= portions_.together;
  bool any = taken_.bytes > 0 || taken_.playing != told_playing_;
  if (!paused_or_resumed && !much && !(any && Clock::now() - told_at_ >= portions_.together))
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
    given_ = {Clock::now(), delivery->bytes.duration};
    if (!first_taken_)
      first_taken_ = given_->at;
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
