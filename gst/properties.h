// The properties of p2plivesrc: what they are called, and how they map to a viewer's options.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "source.h"

#include <gst/gst.h>

namespace p2plive::gst {

void install_properties(GObjectClass* object_class);

/// Takes effect at the next change from READY to PAUSED; `upload-limit` and `max-peers` at once.
void set_property(Source& source, GObject* object, guint id, const GValue* value, GParamSpec* spec);
void get_property(Source& source, GObject* object, guint id, GValue* value, GParamSpec* spec);

} // namespace p2plive::gst
