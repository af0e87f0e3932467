// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/uplink_meter.h"

namespace p2plive::core {

namespace {
/// Seconds of sending that are remembered.
constexpr double memory = 2;
} // namespace

void UplinkMeter::given(Time now, std::size_t bytes) {
  if (held_ == 0)
    since_ = now;
  held_ += bytes;
  given_ += bytes;
}

void UplinkMeter::buffered(Time now, std::size_t bytes) {
  if (held_ > 0) {
    bytes_ += held_ > bytes ? static_cast<double>(held_ - bytes) : 0;
    seconds_ += seconds(now - since_);
    if (seconds_ > memory) {
      bytes_ *= memory / seconds_;
      seconds_ = memory;
    }
  }
  held_ = bytes;
  since_ = now;
}

} // namespace p2plive::core
