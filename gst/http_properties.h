// The properties of p2plivesrc about HTTP. Names and meanings are souphttpsrc's where it has them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

void install_http_properties(GObjectClass* object_class);

/// False where `id` is none of them.
bool set_http_option(HttpOptions& options, guint id, const GValue* value);
bool get_http_option(const HttpOptions& options, guint id, GValue* value);

} // namespace p2plive::gst
