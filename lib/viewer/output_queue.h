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
  explicit OutputQueue(std::function<void()> notice);

  /// Bytes, and once EndOfStream or an Error, after which nothing is accepted.
  void push(Outgoing outgoing);
  /// These come out before what was pushed.
  void peer_added(std::string peer_id);
  void peer_removed(std::string peer_id, std::string reason);
  void date_range(DateRange range);
  void warn(Warning warning);
  /// As Viewer::pop().
  Popped pop(std::optional<std::chrono::nanoseconds> playing,
             std::optional<Clock::time_point> deadline);
  /// As Viewer::interrupt().
  void interrupt(bool on);
  bool interrupted() const;

  Taken collect();
  /// When the first byte was taken out.
  std::optional<Clock::time_point> first_taken() const;

private:
  Popped take_front();
  bool has_news();
  std::optional<Popped> take_news();

  const std::function<void()> notice_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Outgoing> queue_;
  PeerNews news_;
  DateRangeNews date_ranges_;
  std::deque<Warning> warnings_;
  Taken taken_;
  std::optional<std::chrono::nanoseconds> told_playing_; ///< as collect() told it last
  Clock::time_point told_at_{};                          ///< when notice_ was called last
  std::optional<Clock::time_point> first_taken_;
  bool interrupted_ = false;
  bool closed_ = false;   ///< the last element was pushed
  bool finished_ = false; ///< the last element was taken
  bool noticed_ = false;  ///< notice_ was called, and collect() not yet
};

} // namespace p2plive::viewer
