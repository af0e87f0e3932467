// What the viewer hands out, on its way from the network thread to the application's.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/date_range_news.h"
#include "viewer/delivery.h"
#include "viewer/peer_news.h"
#include "viewer/viewer.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <variant>

namespace p2plive::viewer {

/// What was taken out since it was last asked.
struct Taken {
  std::size_t bytes = 0;
  std::chrono::nanoseconds media{};                ///< of these bytes
  std::optional<std::chrono::nanoseconds> playing; ///< what pop() was told last
};

/// How much goes over at once: each time wakes a thread, which finds its caches cold.
struct Portions {
  std::chrono::nanoseconds together{
      std::chrono::milliseconds(100)}; ///< media after which it is told what was taken
  /// Whose queues are full gets as much at once as well, as long as it has so much ahead; none: as
  /// there is room.
  std::optional<std::chrono::nanoseconds> enough;
};

using Outgoing = std::variant<Delivery, EndOfStream, Error>;
using Popped = std::variant<Delivery, EndOfStream, Error, Interrupted, NotYet, PeerAdded,
                            PeerRemoved, DateRange, Warning>;

/// First of the three things that cross threads. The swarm stops handing out while the application
/// takes nothing, so the queue holds seconds of the stream at most, and its memory is the chunk
/// pool's in any case. Standard library only, so that ThreadSanitizer understands it.
class OutputQueue {
public:
  using Clock = std::chrono::steady_clock;

  /// `notice` is called on the popping thread, without the lock, when collect() has news that are
  /// worth waking the network thread for; not again before collect() was called.
  explicit OutputQueue(std::function<void()> notice, const Portions& portions = {});

  /// Bytes, and once EndOfStream or an Error, after which nothing is accepted.
  void push(Outgoing outgoing);
  /// These come out before what was pushed.
  void peer_added(std::string peer_id);
  void peer_removed(std::string peer_id, std::string reason);
  void date_range(DateRange range);
  void warn(Warning warning);
  /// As Viewer::pop().
  Popped pop(std::optional<std::chrono::nanoseconds> playing,
             std::optional<Clock::time_point> deadline,
             std::optional<std::chrono::nanoseconds> ahead = {});
  /// As Viewer::interrupt().
  void interrupt(bool on);
  bool interrupted() const;

  Taken collect();
  /// When the first byte was taken out.
  std::optional<Clock::time_point> first_taken() const;

private:
  bool is_urgent() const;
  bool rest(std::optional<std::chrono::nanoseconds> ahead,
            std::optional<Clock::time_point> deadline, std::unique_lock<std::mutex>& lock);
  Popped take_front();
  bool has_news();
  std::optional<Popped> take_news();

  const std::function<void()> notice_;
  const Portions portions_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Outgoing> queue_;
  PeerNews news_;
  DateRangeNews date_ranges_;
  std::deque<Warning> warnings_;
  Taken taken_;
  std::optional<std::chrono::nanoseconds> told_playing_; ///< as collect() told it last
  Clock::time_point told_at_{};                          ///< when notice_ was called last
  struct Given {
    Clock::time_point at;
    std::chrono::nanoseconds media{};
  };
  std::optional<Given> given_; ///< by the last pop()
  Clock::time_point rests_until_{};
  bool rests_ = false; ///< somebody waits for that, and not for bytes
  std::optional<Clock::time_point> first_taken_;
  bool interrupted_ = false;
  bool closed_ = false;   ///< the last element was pushed
  bool finished_ = false; ///< the last element was taken
  bool noticed_ = false;  ///< notice_ was called, and collect() not yet
};

} // namespace p2plive::viewer
