// Which quality of the stream should be played: the rule of `adaptive`.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace p2plive::viewer {

/// What is known when the question is asked.
struct QualityView {
  std::vector<std::uint64_t> bandwidths; ///< that there are; bits a second, rising
  std::size_t current = 0;               ///< of these
  std::optional<double> throughput;      ///< bits a second; none: not known
  core::Duration ahead{};                ///< media that are here and not played yet
  core::Duration enough{};               ///< of these, so that there is no hurry
  core::Duration segment{};              ///< what is fetched at once
  /// Little is ahead on purpose: other viewers are given time, and no more than `enough` is sure.
  bool shared = false;
  bool starving = false;   ///< bytes are late
  bool paused = false;     ///< nothing is played
  core::Duration behind{}; ///< of live
};

/// Throughput decides where to, the buffer whether there is need to: hls.js goes up where its
/// estimate, less 30 %, carries the next level, and down before the fragment it loads would come
/// too late (abr-controller.ts); that with media ahead a lower throughput may be borne is BBA's
/// (Huang et al., "A Buffer-Based Approach to Rate Adaptation", SIGCOMM 2014). Live, with seconds
/// ahead instead of minutes, and another swarm to be joined each time, it goes up one step at a
/// time, and rarely; but what it began with was a guess, and from there it goes at once as far as
/// the link carries.
///
/// Where other viewers give everything nothing is known of the link. When all has been well for
/// long, one step up is tried then, which shows what the link carries, or that the viewers there
/// give that, too.
class QualityChoice {
public:
  static constexpr double needs_to_rise = 1.4; ///< times the bandwidth of the next
  static constexpr double needs_to_stay = 1.1; ///< times the bandwidth
  /// After any switch, and at least as long the throughput has to be had, too.
  static constexpr core::Duration rests = std::chrono::seconds(10);
  static constexpr core::Duration proves_for = std::chrono::seconds(2);
  /// With a link of which nothing is known: so long all has to be well; longer after a step down.
  static constexpr core::Duration tries_after = std::chrono::seconds(20);
  static constexpr core::Duration tries_again_after = std::chrono::seconds(60);
  /// Who is further from live does not go up: what is listed by then would be fetched twice.
  static constexpr core::Duration most_behind = std::chrono::seconds(30);
  /// Media left when a segment comes that was just in time.
  static constexpr core::Duration margin = std::chrono::seconds(1);

  explicit QualityChoice(core::Time now) : try_from_(now) {}

  /// Asked a few times a second, with times that never fall; the index of the one that is wanted.
  std::size_t wanted(core::Time now, const QualityView& view);
  void switched(core::Time now, bool down);
  void gave_up(core::Time now); ///< what was wanted

private:
  bool runs_short(const QualityView& view) const;
  std::size_t carried_above(const QualityView& view) const;

  core::Time try_from_; ///< not before
  std::optional<core::Time> switched_at_;
  std::optional<core::Time> carried_since_; ///< the link was known to carry what is above
  std::optional<core::Time> well_since_;    ///< or nothing was known of it
};

} // namespace p2plive::viewer
