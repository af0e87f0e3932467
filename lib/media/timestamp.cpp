// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/timestamp.h"

namespace p2plive::media {

namespace {

constexpr std::int64_t ticks_per_second = 90'000;
constexpr std::int64_t modulus = ticks33_modulus;

} // namespace

std::chrono::nanoseconds Unwrapper::unwrap(Ticks33 ticks, std::uint16_t extension) {
  auto value = static_cast<std::int64_t>(static_cast<std::uint64_t>(ticks) % ticks33_modulus);
  if (last_) {
    constexpr std::int64_t backward = std::chrono::seconds(max_backward).count() * ticks_per_second;
    // How far `value` lies ahead of the furthest step back that is allowed, around the circle.
    auto ahead = (value - (*last_ - backward)) % modulus;
    if (ahead < 0)
      ahead += modulus;
    value = *last_ - backward + ahead;
  }
  last_ = value;
  // 27 MHz in 64 bits lasts for a session of eleven years.
  return std::chrono::nanoseconds((value * 300 + extension % 300) * 1000 / 27);
}

} // namespace p2plive::media
