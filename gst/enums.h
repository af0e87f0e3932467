// The element's enumerations as GObject types. Their values are those of viewer/viewer.h.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define GST_TYPE_P2P_LIVE_PACE (gst_p2p_live_pace_get_type())
GType gst_p2p_live_pace_get_type(void);

#define GST_TYPE_P2P_LIVE_LATE (gst_p2p_live_late_get_type())
GType gst_p2p_live_late_get_type(void);

G_END_DECLS
