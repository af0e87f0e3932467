// SPDX-License-Identifier: LGPL-2.1-or-later
#include "chunk_meta.h"

namespace p2plive::gst {
namespace {

/// Both clocks are CLOCK_MONOTONIC, in nanoseconds.
guint64 timestamp(ChunkLife::Time time) {
  return static_cast<guint64>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

void set_number(GstStructure* structure, const char* field, guint64 number) {
  gst_structure_set(structure, field, G_TYPE_UINT64, number, nullptr);
}

} // namespace

void add_chunk_meta(GstBuffer* buffer, const Buffer& from) {
  static const gchar* tags[] = {nullptr};
  static const auto* known =
      gst_meta_register_custom(chunk_meta_name, tags, nullptr, nullptr, nullptr);
  if (!known)
    return;
  const auto& life = *from.life;
  auto* structure =
      gst_custom_meta_get_structure(gst_buffer_add_custom_meta(buffer, chunk_meta_name));
  set_number(structure, "media-sequence", from.media_sequence);
  set_number(structure, "offset", from.offset);
  set_number(structure, "asked", timestamp(life.asked_at));
  set_number(structure, "got", timestamp(life.got_at));
  if (life.due_at)
    set_number(structure, "due", timestamp(*life.due_at));
  gst_structure_set(structure, "init-section", G_TYPE_BOOLEAN, gboolean{from.init_section}, "from",
                    G_TYPE_STRING, life.from.empty() ? "cdn" : life.from.c_str(), nullptr);
}

const GstStructure* chunk_meta_of(GstBuffer* buffer) {
  // Looked up by name it would have to be known, which it is from the first buffer on that has one.
  gpointer state = nullptr;
  while (auto* meta = gst_buffer_iterate_meta(buffer, &state))
    if (gst_meta_info_is_custom(meta->info)) {
      auto* custom = reinterpret_cast<GstCustomMeta*>(meta);
      if (gst_custom_meta_has_name(custom, chunk_meta_name))
        return gst_custom_meta_get_structure(custom);
    }
  return nullptr;
}

} // namespace p2plive::gst
