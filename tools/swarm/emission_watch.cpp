// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/emission_watch.h"

namespace p2plive::bench {

namespace {

Instant now() {
  return std::chrono::steady_clock::now();
}

std::optional<UnixTime> reference_of(GstBuffer* buffer) {
  static GstCaps* unix_time = gst_caps_new_empty_simple("timestamp/x-unix");
  auto* meta = gst_buffer_get_reference_timestamp_meta(buffer, unix_time);
  if (!meta)
    return std::nullopt;
  return UnixTime(std::chrono::nanoseconds(meta->timestamp));
}

} // namespace

void EmissionWatch::buffer(GstBuffer* buffer) {
  std::lock_guard lock(mutex_);
  if (!any_) {
    reporter_.tell(line_of("first-byte", now()));
    any_ = true;
  }
  MediaSequence sn = GST_BUFFER_OFFSET(buffer);
  std::uint64_t offset = GST_BUFFER_OFFSET_END(buffer);
  // Offset zero begins a segment, also when it is the same one again.
  if (!current_ || current_->sn != sn || offset == 0)
    begin(buffer, sn, offset);
  current_->contiguous &= offset == current_->first_offset + current_->size;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); ++i) {
    GstMapInfo map;
    auto* memory = gst_buffer_peek_memory(buffer, i);
    if (!gst_memory_map(memory, &map, GST_MAP_READ))
      continue;
    g_checksum_update(checksum_.get(), map.data, static_cast<gssize>(map.size));
    clock_.bytes(map.data, map.size);
    current_->size += map.size;
    gst_memory_unmap(memory, &map);
  }
}

void EmissionWatch::begin(GstBuffer* buffer, MediaSequence sn, std::uint64_t offset) {
  end(false);
  current_.emplace();
  current_->sn = sn;
  current_->first_offset = offset;
  current_->begun = now();
  current_->start = reference_of(buffer);
  checksum_.reset(g_checksum_new(G_CHECKSUM_SHA256));
  clock_.segment(sn, current_->start, GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
}

void EmissionWatch::end(bool last) {
  if (!current_)
    return;
  current_->ended = now();
  current_->last = last;
  current_->sha256 = g_checksum_get_string(checksum_.get());
  reporter_.tell(line_of(*current_));
  current_.reset();
}

void EmissionWatch::finish() {
  std::lock_guard lock(mutex_);
  end(true);
}

void EmissionWatch::fill(Sample& sample) const {
  std::lock_guard lock(mutex_);
  if (!current_)
    return;
  sample.sn = current_->sn;
  sample.sn_bytes = current_->size;
}

} // namespace p2plive::bench
