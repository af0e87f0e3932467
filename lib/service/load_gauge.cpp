// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/load_gauge.h"

#include <cmath>

namespace p2plive::service {
namespace {

constexpr double memory_s = 2; // a steady rate r settles at a weight of r * memory_s

} // namespace

bool LoadGauge::admit(Time now) {
  if (capacity_ <= 0)
    return true;
  if (last_ && now > *last_)
    weight_ *= std::exp(-std::chrono::duration<double>(now - *last_).count() / memory_s);
  last_ = now;
  // Who was refused is not counted, so that a crowd that insists does not keep everybody out.
  if (weight_ + 1 > capacity_ * memory_s)
    return false;
  ++weight_;
  return true;
}

double LoadGauge::load() const {
  return capacity_ > 0 ? weight_ / (capacity_ * memory_s) : 0;
}

} // namespace p2plive::service
