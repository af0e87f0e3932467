// The viewer's bytes as GstBuffers, without a copy.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "media_time.h"
#include "viewer/viewer.h"

#include <gst/gst.h>

namespace p2plive::gst {

/// A buffer over the viewer's memory, read-only, which keeps that memory alive; it may outlive
/// element and viewer and be freed on any thread. What is set on it, for the reader downstream:
///
///   PTS           on the first buffer of each HLS segment
///   duration      of every buffer, in proportion to its bytes
///   offset        the media sequence number of the HLS segment it comes from
///   offset-end    where in that segment its first byte stands
///   MARKER        on the first buffer of each HLS segment
///   HEADER        on the buffers of an init section, which have no offsets
///   DISCONT       where the stream does not continue what was
///   a GstReferenceTimestampMeta `timestamp/x-unix` (nanoseconds since 1970, UTC) on the first
///                 buffer of an HLS segment whose program date and time is known
///   a custom meta (chunk_meta.h) where the viewer traces
GstBuffer* to_gst_buffer(Buffer&& buffer, const MediaTime::Place& place);

} // namespace p2plive::gst
