// A viewer's figures as the element's property `stats`.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

/// A new `application/x-p2plive-stats`; the caller owns it. Times are guint64 nanoseconds, byte
/// counts and counters guint64, peers guint.
GstStructure* to_structure(const ViewerStatistics& statistics);

} // namespace p2plive::gst
