// What the source may put out, and which of it a stream is.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

/// Caps of all formats, for the pad template.
extern const char* const template_caps;

/// Owned by the caller.
GstCaps* caps_of(Format format);

} // namespace p2plive::gst
