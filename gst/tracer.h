// The tracer p2plive: a record of every chunk that a p2plivesrc hands out.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_P2P_LIVE_TRACER (gst_p2p_live_tracer_get_type())
G_DECLARE_FINAL_TYPE(GstP2pLiveTracer, gst_p2p_live_tracer, GST, P2P_LIVE_TRACER, GstTracer)

G_END_DECLS

namespace p2plive::gst {

bool register_tracer(GstPlugin* plugin);

/// Was GStreamer started with it (GST_TRACERS)?
bool tracer_is_active();

} // namespace p2plive::gst
