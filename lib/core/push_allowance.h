// How much one viewer may push to another.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <algorithm>

namespace p2plive::core {

/// In chunks, whatever their length: a shorter one is as much work.
struct PushShare {
  double of_bitrate;    ///< on the average
  double burst_seconds; ///< of the stream, at a time
  double least_burst;   ///< chunks
};

/// What is pushed was fetched from the CDN, and of a large swarm's stream nobody has to fetch more
/// than a part. Who pushes keeps to half of what is put up with: the two may think differently of
/// the bitrate, and what was sent at intervals may come at once.
inline constexpr PushShare share_to_push{0.25, 0.5, 4};
inline constexpr PushShare share_put_up_with{0.5, 1.0, 8};

/// Of that share so much is used up by a piece that is of no use.
inline constexpr double useless_push = 2;

class PushAllowance {
public:
  explicit PushAllowance(PushShare share) : share_(share), left_(share.least_burst) {}

  /// `bitrate` of the stream in bytes a second; 0: not known. False: it is too much.
  bool take(Time now, double chunks, double bitrate) {
    auto stream = bitrate / chunk_size;
    auto most = std::max(share_.burst_seconds * stream, share_.least_burst);
    auto rate = std::max(share_.of_bitrate * stream, 1.0);
    left_ = std::min(most, left_ + rate * seconds(now - std::min(now, last_)));
    last_ = now;
    if (left_ < chunks || now < rests_until_)
      return false;
    left_ -= chunks;
    return true;
  }

  /// Nothing until then.
  void rest_until(Time then) { rests_until_ = then; }

private:
  PushShare share_;
  double left_; ///< chunks
  Time last_ = Time::max();
  Time rests_until_{};
};

} // namespace p2plive::core
