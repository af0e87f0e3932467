// The properties of p2plivesrc that choose a variant of the stream.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "source.h"

#include <gst/gst.h>

namespace p2plive::gst {

void install_quality_properties(GObjectClass* object_class);

/// Under the source's lock; false where `id` is none of them.
bool set_quality(Source& source, guint id, const GValue* value);
bool get_quality(const Source& source, guint id, GValue* value);

/// With what #GstP2pLiveSrc:connection-speed means for it.
QualityOptions effective_quality(const Source& source);

} // namespace p2plive::gst
