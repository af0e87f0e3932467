// Connected viewers that may be expected to fetch a chunk of a segment as soon as we would.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/neighbour.h"
#include "core/seeding.h"

#include <vector>

namespace p2plive::core {

/// Reckoned once for many plans: what it takes of neighbours changes seldom.
class SeedersNear {
public:
  /// Of the segment, for a viewer of this weight in a stream of `bitrate` bytes a second. Valid
  /// until the next call.
  const std::vector<Seeder>& of(SequenceNumber sn, double own_weight, double bitrate,
                                const Neighbours& neighbours) {
    if (valid_ && sn == sn_ && own_weight == own_weight_ && bitrate == bitrate_)
      return seeders_;
    sn_ = sn, own_weight_ = own_weight, bitrate_ = bitrate, valid_ = true;
    seeders_.clear();
    weights_ = own_weight;
    for (const auto& [id, neighbour] : neighbours)
      if (neighbour.ready && neighbour.uploads && sees(neighbour)) {
        auto weight =
            seeding_weight(neighbour.settled_uplink(), neighbour.settled_reach(), bitrate);
        seeders_.push_back({id, weight});
        weights_ += weight;
      }
    return seeders_;
  }
  /// Of those whom of() has told, and the viewer itself.
  double weights() const { return weights_; }

  /// A neighbour has come or gone, or what counts of them was settled anew.
  void forget() { valid_ = false; }

  /// What counts of a neighbour; when it differs from before, forget() is due.
  struct View {
    bool sees = false;
    double uplink = 0;
    unsigned reach = 0;
    bool operator==(const View&) const = default;
  };
  View view(const Neighbour& of) const {
    return {sees(of), of.settled_uplink(), of.settled_reach()};
  }

private:
  /// It sees the segment, or will at the next look at its playlist.
  bool sees(const Neighbour& neighbour) const {
    auto newest = neighbour.newest_listed();
    return newest && number(*newest) + 1 >= number(sn_);
  }

  bool valid_ = false;
  SequenceNumber sn_{};
  double own_weight_ = 0;
  double bitrate_ = 0;
  double weights_ = 0;
  std::vector<Seeder> seeders_;
};

} // namespace p2plive::core
