// The element p2plivesrc: a live HLS stream, partly from its CDN, partly from other viewers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/base/gstpushsrc.h>

G_BEGIN_DECLS

#define GST_TYPE_P2P_LIVE_SRC (gst_p2p_live_src_get_type())
G_DECLARE_FINAL_TYPE(GstP2pLiveSrc, gst_p2p_live_src, GST, P2P_LIVE_SRC, GstPushSrc)

GST_ELEMENT_REGISTER_DECLARE(p2plivesrc)

G_END_DECLS
