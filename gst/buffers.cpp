// SPDX-License-Identifier: LGPL-2.1-or-later
#include "buffers.h"

#include "chunk_meta.h"

#include <array>

namespace p2plive::gst {
namespace {

using Memory = std::shared_ptr<const void>;

void release(gpointer memory) {
  delete static_cast<Memory*>(memory);
}

/// Longer than any "ftyp": so the "moov" behind that stands where it stands nowhere without this
/// box (ISO/IEC 14496-12, 8.1.2).
constexpr std::array<std::uint8_t, 1024> free_box{0, 0, 4, 0, 'f', 'r', 'e', 'e'};

GstMemory* padding() {
  return gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY,
                                const_cast<std::uint8_t*>(free_box.data()), free_box.size(), 0,
                                free_box.size(), nullptr, nullptr);
}

void add_unix_time(GstBuffer* buffer, std::chrono::sys_time<std::chrono::milliseconds> time) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  if (since_epoch < 0)
    return;
  auto* caps = gst_caps_new_empty_simple("timestamp/x-unix");
  gst_buffer_add_reference_timestamp_meta(buffer, caps, static_cast<GstClockTime>(since_epoch),
                                          GST_CLOCK_TIME_NONE);
  gst_caps_unref(caps);
}

} // namespace

GstBuffer* to_gst_buffer(Buffer&& buffer, const MediaTime::Place& place) {
  auto* result = gst_buffer_new();
  // The flag READONLY makes whoever wants to write copy first: other readers share these bytes.
  auto* bytes = const_cast<std::uint8_t*>(buffer.data);
  gst_buffer_append_memory(
      result, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, bytes, buffer.size, 0, buffer.size,
                                     new Memory(std::move(buffer.memory)), release));
  if (place.padded)
    gst_buffer_prepend_memory(result, padding());
  // Only where a timestamp says so: pro rata ones in between make tsdemux correct its clock by tens
  // of milliseconds, where the stream is not constant in bitrate.
  if (buffer.offset == 0)
    GST_BUFFER_PTS(result) = static_cast<GstClockTime>(place.pts.count());
  GST_BUFFER_DURATION(result) = static_cast<GstClockTime>(buffer.duration.count());
  if (buffer.init_section) {
    GST_BUFFER_FLAG_SET(result, GST_BUFFER_FLAG_HEADER);
  } else {
    GST_BUFFER_OFFSET(result) = buffer.media_sequence;
    GST_BUFFER_OFFSET_END(result) = buffer.offset;
    if (buffer.offset == 0)
      GST_BUFFER_FLAG_SET(result, GST_BUFFER_FLAG_MARKER);
  }
  // The first bytes are a discontinuity in any case; and tsdemux finds its clock anew by this only.
  if (buffer.discontinuity || buffer.quality || place.segment)
    GST_BUFFER_FLAG_SET(result, GST_BUFFER_FLAG_DISCONT);
  if (buffer.offset == 0 && buffer.program_date_time)
    add_unix_time(result, *buffer.program_date_time);
  if (buffer.life)
    add_chunk_meta(result, buffer);
  return result;
}

} // namespace p2plive::gst
