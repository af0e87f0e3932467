// How busy the server is, so that it says no before it drowns.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/clock.h"

#include <optional>

namespace p2plive::service {

/// Counts admitted requests over about the last two seconds against what the server is set to bear.
class LoadGauge {
public:
  /// Requests a second; 0: no limit, and the load is always 0.
  explicit LoadGauge(double capacity) : capacity_(capacity) {}

  /// Whether a request that comes in now is to be served.
  bool admit(Time now);

  /// Share of the capacity in use at the last admit(), 0 to 1.
  double load() const;

private:
  double capacity_;
  double weight_ = 0; // of the requests admitted, each fading with its age
  std::optional<Time> last_;
};

} // namespace p2plive::service
