// How the bytes of a buffer came to this viewer, on the buffer: for the tracer, and only where one
// looks.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

/// A custom meta of this name, whose structure has
///
///   media-sequence  guint64   of the HLS segment
///   offset          guint64   of the first byte, in the segment, or in the init section
///   init-section    gboolean
///   from            string    id of the viewer that sent it, or "cdn"
///   asked, got      guint64   nanoseconds, as gst_util_get_timestamp()
///   due             guint64   likewise; not there with pace=none
inline constexpr const char* chunk_meta_name = "GstP2pLiveChunkMeta";

/// `from` must have a life. `buffer` must be writable.
void add_chunk_meta(GstBuffer* buffer, const Buffer& from);

/// Null: it has none. Valid as long as the buffer.
const GstStructure* chunk_meta_of(GstBuffer* buffer);

} // namespace p2plive::gst
