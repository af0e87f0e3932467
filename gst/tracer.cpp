// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * SECTION:tracer-p2plive
 * @title: p2plive
 * @short_description: Logs where every chunk that p2plivesrc hands out came from, and when
 *
 * Writes one record `p2plive-chunk` for each buffer that leaves a #GstP2pLiveSrc. Times are
 * nanoseconds since GStreamer was initialized, as in other tracers' records and in the debug log:
 *
 * - `asked`: the CDN, or another viewer, was asked for the chunk
 * - `got`: all of it had come
 * - `due`: it had to be handed out at the latest, or playback might have stalled; with pace=none
 *   nothing is due, and `have-due` is 0
 * - `delivered`: it was handed out
 *
 * Where AES-128 was undone, buffers are not the chunks that came: such a buffer has the times of
 * the chunk that completed it.
 *
 * ## Example launch lines
 * |[
 * GST_TRACERS=p2plive GST_DEBUG=GST_TRACER:7 GST_DEBUG_FILE=trace.log gst-launch-1.0 \
 *   p2plivesrc uri=https://cdn.example/live.m3u8 index-uri=https://p2p.example/ ! fakesink
 * plot-trace.py trace.log trace.svg
 * ]| Plays, and draws what was played.
 *
 * Since: 0.1
 */
#define GST_USE_UNSTABLE_API
#include "tracer.h"

#include "chunk_meta.h"
#include "p2plivesrc.h"

struct _GstP2pLiveTracer {
  GstTracer parent;
};

G_DEFINE_TYPE(GstP2pLiveTracer, gst_p2p_live_tracer, GST_TYPE_TRACER)

namespace {

GstTracerRecord* chunk_record; ///< from class_init on, for ever

GstStructure* value(GType type, const char* description,
                    GstTracerValueFlags flags = GST_TRACER_VALUE_FLAGS_NONE) {
  return gst_structure_new("value", "type", G_TYPE_GTYPE, type, "description", G_TYPE_STRING,
                           description, "flags", GST_TYPE_TRACER_VALUE_FLAGS, flags, nullptr);
}

GstStructure* of_element() {
  return gst_structure_new("scope", "type", G_TYPE_GTYPE, G_TYPE_STRING, "related-to",
                           GST_TYPE_TRACER_VALUE_SCOPE, GST_TRACER_VALUE_SCOPE_ELEMENT, nullptr);
}

GstTracerRecord* new_chunk_record() {
  const auto type = GST_TYPE_STRUCTURE;
  // clang-format off
  auto* record = gst_tracer_record_new("p2plive-chunk.class",
      "element", type, of_element(),
      "media-sequence", type, value(G_TYPE_UINT64, "media sequence number of the segment"),
      "init-section", type, value(G_TYPE_BOOLEAN, "of the init section before that segment"),
      "offset", type, value(G_TYPE_UINT64, "of the first byte, in either"),
      "size", type, value(G_TYPE_UINT64, "bytes"),
      "duration", type, value(G_TYPE_UINT64, "media time of these bytes, ns"),
      "from", type, value(G_TYPE_STRING, "id of the viewer that sent it, or cdn"),
      "asked", type, value(G_TYPE_UINT64, "when that was asked for it, ns"),
      "got", type, value(G_TYPE_UINT64, "when all of it had come, ns"),
      "due", type, value(G_TYPE_UINT64, "when it had to be handed out at the latest, ns",
                         GST_TRACER_VALUE_FLAGS_OPTIONAL),
      "delivered", type, value(G_TYPE_UINT64, "when it was handed out, ns"),
      nullptr);
  // clang-format on
  GST_OBJECT_FLAG_SET(record, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  return record;
}

guint64 number(const GstStructure* structure, const char* field) {
  guint64 out = 0;
  gst_structure_get_uint64(structure, field, &out);
  return out;
}

void log_chunk(GstElement* source, GstBuffer* buffer, const GstStructure* chunk, GstClockTime now) {
  // What a tracer is told is the time since GStreamer was initialized.
  const auto zero = gst_util_get_timestamp() - now;
  gboolean init = FALSE;
  gst_structure_get_boolean(chunk, "init-section", &init);
  const auto duration = GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0;
  const auto has_due = gst_structure_has_field(chunk, "due");
  gst_tracer_record_log(chunk_record, GST_OBJECT_NAME(source), number(chunk, "media-sequence"),
                        init, number(chunk, "offset"), guint64{gst_buffer_get_size(buffer)},
                        duration, gst_structure_get_string(chunk, "from"),
                        number(chunk, "asked") - zero, number(chunk, "got") - zero, has_due,
                        has_due ? number(chunk, "due") - zero : GST_CLOCK_TIME_NONE, now);
}

} // namespace

/// Of every pad in the process; the buffers go on to other pads as they are.
static void pad_push_pre(GstTracer*, GstClockTime now, GstPad* pad, GstBuffer* buffer) {
  const auto* chunk = p2plive::gst::chunk_meta_of(buffer);
  auto* element = chunk ? gst_pad_get_parent_element(pad) : nullptr;
  if (!element)
    return;
  if (GST_IS_P2P_LIVE_SRC(element))
    log_chunk(element, buffer, chunk, now);
  gst_object_unref(element);
}

static void gst_p2p_live_tracer_class_init(GstP2pLiveTracerClass*) {
  chunk_record = new_chunk_record();
}

static void gst_p2p_live_tracer_init(GstP2pLiveTracer* self) {
  gst_tracing_register_hook(GST_TRACER(self), "pad-push-pre", G_CALLBACK(pad_push_pre));
}

namespace p2plive::gst {

bool register_tracer(GstPlugin* plugin) {
  return gst_tracer_register(plugin, "p2plive", GST_TYPE_P2P_LIVE_TRACER);
}

bool tracer_is_active() {
  auto* tracers = gst_tracing_get_active_tracers();
  bool active = false;
  for (auto* entry = tracers; entry; entry = entry->next)
    active |= GST_IS_P2P_LIVE_TRACER(entry->data);
  g_list_free_full(tracers, gst_object_unref);
  return active;
}

} // namespace p2plive::gst
