// When to load a live media playlist again (RFC 8216, 6.3.4), sans-I/O: it is told what happened
// and when, and says when the next load is due. One for each media playlist; not thread-safe.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <optional>

namespace p2plive::media {

/// The rules:
/// - a load that brought something new: one target duration from its beginning;
/// - one that brought nothing new: half a target duration from its beginning;
/// - where the playlist is dated, a load that brought something new is followed by one when the
///   next segment is expected to be listed (`expect_next`), as other players align themselves: a
///   target duration after each load would keep the phase of the first, a segment late at worst;
/// - a failed one: `first_retry` from the failure, doubling, at most one target duration;
/// - a neighbour has what is not listed here yet (`hint`): as soon as `min_interval` allows, ever
///   later while such loads bring nothing (a stale edge must not be hammered), and not while loads
///   fail, for that would undo the backoff;
/// - never more than one load at a time, nor more than four a second.
class RefreshSchedule {
public:
  using Duration = std::chrono::nanoseconds;
  /// Since any epoch of a monotonic clock, always the same one.
  using Instant = std::chrono::nanoseconds;

  static constexpr Duration min_interval = std::chrono::milliseconds(250);
  static constexpr Duration first_retry = std::chrono::milliseconds(250);
  /// Stands for the target duration until a playlist was read.
  static constexpr Duration initial_target = std::chrono::seconds(4);
  /// A jitter of 1 makes a wait longer by this share; RFC 8216 allows longer waits, not shorter.
  static constexpr double jitter_share = 0.1;

  /// A load begins.
  void began(Instant now);
  /// The load brought a playlist. `jitter` is drawn by the caller, 0 to 1.
  void loaded(bool changed, Duration target_duration, double jitter = 0);
  /// After loaded(): by the dates of the playlist the newest segment was whole `age` before the
  /// load began, and segments take `segment`. Dates that make no sense are ignored. How long after
  /// its end a segment is listed is learnt from loads that came too early.
  void expect_next(Duration age, Duration segment);
  /// The load brought none: an HTTP error, a broken transfer, a text that is no playlist.
  void failed(Instant now, double jitter = 0);
  /// The load that is due is put off: others may tell what it would bring.
  void put_off(Instant until);
  /// ENDLIST was read: nothing is due any more.
  void ended();
  /// A neighbour has news that the playlist does not show yet.
  void hint(Instant now);

  /// When to load; may lie in the past. None while a load is under way, or after the end.
  std::optional<Instant> next() const;

  unsigned failures() const { return failures_; } ///< in a row
  bool hinted() const { return hinted_; } ///< the load under way, or the next, was brought forward

private:
  Duration hint_interval() const;

  enum class State { waiting, loading, ended };
  State state_ = State::waiting;
  Instant next_ = Instant::min(); ///< at once
  Instant began_{};
  Duration target_ = initial_target;
  bool changed_ = false;   ///< the last load brought something new
  Duration spread_{};      ///< so that viewers do not load all at the same time
  Duration listing_lag_{}; ///< from the end of a segment until the playlist shows it, at least
  unsigned failures_ = 0;
  unsigned idle_hints_ = 0; ///< hinted loads in a row that brought nothing
  bool hinted_ = false;     ///< this load was, or the next is, brought forward
  bool hint_pending_ = false;
};

} // namespace p2plive::media
