// What p2plivesrc holds: the private C++ state behind the GObject shell, created in the
// instance's init and deleted in its finalize.
//
// Locks: `lock` is a leaf. It is never held while calling a viewer, posting, pushing or dropping
// the last reference to a viewer; whoever needs the viewer copies the pointer out first.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "date_ranges.h"
#include "media_time.h"
#include "viewer/viewer.h"

#include <memory>
#include <mutex>
#include <optional>

namespace p2plive::gst {

struct Source {
  std::mutex lock;
  /// Under `lock`: as the properties were set; `uri` as the application wrote it.
  ViewerOptions options;
  /// Under `lock`: kbit/s; another bound of the variant's bitrate beside the options' own, and what
  /// to begin with.
  unsigned connection_speed = 0;
  /// Under `lock`: from READY to PAUSED until back in READY.
  std::shared_ptr<Viewer> viewer;

  // The streaming thread's, and untouched while it does not run.
  MediaTime time;
  DateRanges date_ranges;
  std::optional<Format> format; ///< what the caps say

  std::shared_ptr<Viewer> current_viewer() {
    std::lock_guard guard(lock);
    return viewer;
  }
};

} // namespace p2plive::gst
