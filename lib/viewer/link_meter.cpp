// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/link_meter.h"

#include <algorithm>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

/// Less says little: the first bytes take a round trip.
constexpr double least_bytes = 64 << 10;
constexpr core::Duration least_busy = 500ms;

double rate(double bytes, core::Duration busy) {
  return bytes * 8 / std::max(std::chrono::duration<double>(busy).count(), 1e-6);
}

} // namespace

void LinkMeter::go_to(core::Time now) {
  auto passed = std::max<core::Duration>(now - last_, 0ns);
  last_ = std::max(last_, now);
  if (under_way_ > 0)
    busy_beside_ += passed;
  if (passed > step * long_time) // all that is known is old
    passed = step * long_time;
  while (passed > 0ns) {
    auto part = std::min<core::Duration>(passed, step - within_);
    passed -= part;
    within_ += part;
    if (under_way_ > 0)
      here().busy += part;
    if (within_ >= step) {
      within_ = 0ns;
      current_ = (current_ + 1) % long_time;
      here() = {};
    }
  }
}

void LinkMeter::began(core::Time now) {
  go_to(now);
  ++under_way_;
}

void LinkMeter::ended(core::Time now) {
  go_to(now);
  --under_way_;
}

void LinkMeter::came(core::Time now, std::size_t bytes) {
  go_to(now);
  here().bytes += static_cast<double>(bytes);
}

void LinkMeter::came_beside(core::Time now, std::uint64_t bytes) {
  go_to(now);
  auto time = std::max<core::Duration>(now - beside_at_, 1ns);
  auto share = std::min(1.0, std::chrono::duration<double>(busy_beside_) /
                                 std::chrono::duration<double>(time));
  here().bytes += static_cast<double>(bytes) * share;
  beside_at_ = now;
  busy_beside_ = 0ns;
}

LinkMeter::Step LinkMeter::sum(std::size_t steps) const {
  Step all;
  for (std::size_t i = 0; i < steps; ++i) {
    const auto& one = steps_[(current_ + long_time - i) % long_time];
    all.bytes += one.bytes;
    all.busy += one.busy;
  }
  return all;
}

std::optional<double> LinkMeter::throughput(core::Time now) {
  go_to(now);
  std::optional<double> least;
  auto all = sum(long_time);
  if (all.bytes >= least_bytes || all.busy >= least_busy)
    least = rate(all.bytes, all.busy);
  if (auto last = sum(short_time); last.busy >= least_busy)
    least = std::min(least.value_or(rate(last.bytes, last.busy)), rate(last.bytes, last.busy));
  return least;
}

} // namespace p2plive::viewer
