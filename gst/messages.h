// What the element tells the application on the bus.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

/// The one error of a session, with the code that its kind has in GStreamer.
void post_error(GstElement* element, const Error& error);

/// Playback goes on all the same.
void post_warning(GstElement* element, const Warning& warning);

/// The element message `p2plive-skipped`: playback had fallen behind, and `skipped-time`
/// (guint64, ns) of media was left out to come back to the live delay.
void post_skipped(GstElement* element, std::chrono::nanoseconds skipped);

/// The element message `p2plive-quality`: `bandwidth` (guint64, bits a second), and where they are
/// known `width` and `height` (guint) and `codecs` (string) of the variant that begins.
void post_quality(GstElement* element, const Quality& quality);

} // namespace p2plive::gst
