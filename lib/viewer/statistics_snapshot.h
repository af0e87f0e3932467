// The figures of a viewer as the application sees them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <mutex>

namespace p2plive::viewer {

/// Another of the three things that cross threads: written by the network thread as often as
/// ViewerStatistics says, read
/// on any thread without asking it.
class StatisticsSnapshot {
public:
  void publish(ViewerStatistics figures) {
    std::lock_guard lock(mutex_);
    figures_ = std::move(figures);
  }
  ViewerStatistics read() const {
    std::lock_guard lock(mutex_);
    return figures_;
  }

private:
  mutable std::mutex mutex_;
  ViewerStatistics figures_;
};

} // namespace p2plive::viewer
