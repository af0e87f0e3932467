// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uplink_meter.h"

namespace p2plive::core {

namespace {
/// Seconds of sending that are remembered.
constexpr double memory = 2;
} // namespace

void UplinkMeter::report(Time now, std::size_t left, std::size_t held) {
  if (waiting_) {
    bytes_ += static_cast<double>(left);
    seconds_ += seconds(now - since_);
    measured_ += left;
    if (seconds_ > memory) {
      bytes_ *= memory / seconds_;
      seconds_ = memory;
    }
  }
  waiting_ = held > 0;
  since_ = now;
}

} // namespace p2plive::core
