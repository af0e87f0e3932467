// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/reach.h"

#include "core/actions.h"

namespace p2plive::core {

namespace {

/// What is remembered of attempts, in attempts.
constexpr double memory = 32;

} // namespace

void Reach::attempted(bool path) {
  if (attempts_ >= memory) {
    paths_ *= (memory - 1) / attempts_;
    attempts_ = memory - 1;
  }
  paths_ += path;
  attempts_ += 1;
}

bool Reach::low_after(std::size_t under_way) const {
  auto attempts = attempts_ + static_cast<double>(under_way);
  return attempts >= enough_ && share_after(attempts) < hard_to_reach / 100.0;
}

unsigned Reach::percent_after(std::size_t under_way) const {
  auto attempts = attempts_ + static_cast<double>(under_way);
  return attempts >= enough_ ? static_cast<unsigned>(share_after(attempts) * 100)
                             : Announce().reach;
}

} // namespace p2plive::core
