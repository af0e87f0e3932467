// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/watcher.h"

#include <glib-unix.h>

#include <algorithm>

namespace p2plive::bench {

namespace {

constexpr guint tick_ms = 250;

// Room behind the demuxer for what is handed out ahead of time: more than any sensible `lead`.
constexpr const char* room = "queue max-size-time=20000000000 max-size-bytes=0 max-size-buffers=0";

std::string description(bool decode) {
  std::string sink = "fakesink sync=true";
  std::string video = decode ? "h264parse ! avdec_h264 max-threads=1" : "h264parse";
  std::string audio = decode ? "aacparse ! avdec_aac" : "aacparse";
  return "p2plivesrc name=source ! tsdemux name=demuxer "
         "demuxer. ! video/x-h264 ! " +
         std::string(room) + " name=video ! " + video + " ! " + sink +
         " signal-handoffs=true name=sink "
         "demuxer. ! audio/mpeg ! " +
         room + " name=audio ! " + audio + " ! " + sink + " name=audio-sink";
}

std::uint64_t field(const GstStructure* stats, const char* name) {
  const auto* value = gst_structure_get_value(stats, name);
  GValue number = G_VALUE_INIT;
  g_value_init(&number, G_TYPE_UINT64);
  std::uint64_t result = 0;
  if (value && g_value_transform(value, &number))
    result = g_value_get_uint64(&number);
  g_value_unset(&number);
  return result;
}

/// Ends a branch that the stream has nothing for, so that its sink keeps nobody waiting.
void end_if_unlinked(GstElement* pipeline, const char* queue) {
  auto* element = gst_bin_get_by_name(GST_BIN(pipeline), queue);
  auto* pad = gst_element_get_static_pad(element, "sink");
  auto* filter_pad = gst_pad_get_peer(pad); // of the caps filter before it
  auto* filter = filter_pad ? gst_pad_get_parent_element(filter_pad) : nullptr;
  auto* filter_sink = filter ? gst_element_get_static_pad(filter, "sink") : nullptr;
  if (filter_sink && !gst_pad_is_linked(filter_sink))
    gst_pad_send_event(filter_sink, gst_event_new_eos());
  for (auto* object : {GST_OBJECT(filter_sink), GST_OBJECT(filter), GST_OBJECT(filter_pad),
                       GST_OBJECT(pad), GST_OBJECT(element)})
    if (object)
      gst_object_unref(object);
}

void add_probe(GstElement* element, const char* pad_name, GstPadProbeCallback callback,
               gpointer self) {
  auto* pad = gst_element_get_static_pad(element, pad_name);
  gst_pad_add_probe(pad,
                    GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                    callback, self, nullptr);
  gst_object_unref(pad);
}

} // namespace

Watcher::Watcher(Reporter& reporter)
    : reporter_(reporter), emission_(reporter, clock_), sink_(reporter, clock_),
      loop_(g_main_loop_new(nullptr, FALSE)) {}

Watcher::~Watcher() {
  if (pipeline_) {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
  }
  g_main_loop_unref(loop_);
}

std::string Watcher::missing_elements(bool decode) {
  std::vector<std::string> names = {"p2plivesrc", "tsdemux",  "queue",
                                    "h264parse",  "aacparse", "fakesink"};
  if (decode)
    names.insert(names.end(), {"avdec_h264", "avdec_aac"});
  std::string missing;
  for (const auto& name : names) {
    auto* factory = gst_element_factory_find(name.c_str());
    if (factory)
      gst_object_unref(factory);
    else
      missing += (missing.empty() ? "" : ", ") + name;
  }
  return missing;
}

bool Watcher::build(bool decode, const std::vector<std::string>& properties) {
  GError* error = nullptr;
  pipeline_ = gst_parse_launch(description(decode).c_str(), &error);
  if (error) {
    trouble(error->message);
    g_clear_error(&error);
    return false;
  }
  source_ = gst_bin_get_by_name(GST_BIN(pipeline_), "source");
  gst_object_unref(source_); // The pipeline holds it.
  for (const auto& property : properties) {
    auto equals = property.find('=');
    auto name = property.substr(0, equals);
    if (equals == std::string::npos ||
        !g_object_class_find_property(G_OBJECT_GET_CLASS(source_), name.c_str())) {
      trouble("p2plivesrc has no property " + name);
      return false;
    }
    gst_util_set_object_arg(G_OBJECT(source_), name.c_str(), property.substr(equals + 1).c_str());
  }
  add_probe(source_, "src", on_emitted, this);
  auto* video = gst_bin_get_by_name(GST_BIN(pipeline_), "video");
  add_probe(video, "sink", on_demuxed, this);
  gst_object_unref(video);
  auto* sink = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
  g_signal_connect(sink, "handoff", G_CALLBACK(on_shown), this);
  gst_object_unref(sink);
  auto* demuxer = gst_bin_get_by_name(GST_BIN(pipeline_), "demuxer");
  g_signal_connect(demuxer, "no-more-pads", G_CALLBACK(on_no_more_pads), this);
  gst_object_unref(demuxer);
  return true;
}

bool Watcher::run() {
  auto* bus = gst_element_get_bus(pipeline_);
  auto watch = gst_bus_add_watch(bus, on_message, this);
  auto term = g_unix_signal_add(SIGTERM, on_signal, this);
  auto interrupt = g_unix_signal_add(SIGINT, on_signal, this);
  auto tick = g_timeout_add(tick_ms, on_tick, this);
  reporter_.tell(line_of("asked", std::chrono::steady_clock::now()));
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  g_main_loop_run(loop_);
  // Before the pipeline stops: what the sink does not get from now on is nobody's stall.
  sink_.finish();
  take_sample();
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  emission_.finish();
  for (auto source : {watch, term, interrupt, tick})
    g_source_remove(source);
  gst_object_unref(bus);
  return !failed_;
}

GstPadProbeReturn Watcher::on_emitted(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* watcher = static_cast<Watcher*>(self);
  if (auto* list = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST
                       ? GST_PAD_PROBE_INFO_BUFFER_LIST(info)
                       : nullptr) {
    for (guint i = 0; i < gst_buffer_list_length(list); ++i)
      watcher->emission_.buffer(gst_buffer_list_get(list, i));
  } else {
    watcher->emission_.buffer(GST_PAD_PROBE_INFO_BUFFER(info));
  }
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn Watcher::on_demuxed(GstPad*, GstPadProbeInfo* info, gpointer self) {
  auto* buffer = GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER
                     ? GST_PAD_PROBE_INFO_BUFFER(info)
                     : gst_buffer_list_get(GST_PAD_PROBE_INFO_BUFFER_LIST(info), 0);
  if (!GST_BUFFER_PTS_IS_VALID(buffer))
    return GST_PAD_PROBE_OK;
  auto* watcher = static_cast<Watcher*>(self);
  std::chrono::nanoseconds pts(GST_BUFFER_PTS(buffer));
  watcher->clock_.demuxed(pts, GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
  watcher->sink_.demuxed(pts);
  return GST_PAD_PROBE_OK;
}

void Watcher::on_shown(GstElement*, GstBuffer* buffer, GstPad*, gpointer self) {
  constexpr auto usual_duration = std::chrono::milliseconds(40);
  std::optional<std::chrono::nanoseconds> pts;
  if (GST_BUFFER_PTS_IS_VALID(buffer))
    pts = std::chrono::nanoseconds(GST_BUFFER_PTS(buffer));
  static_cast<Watcher*>(self)->sink_.frame(
      pts, GST_BUFFER_DURATION_IS_VALID(buffer)
               ? std::chrono::nanoseconds(GST_BUFFER_DURATION(buffer))
               : std::chrono::nanoseconds(usual_duration));
}

void Watcher::on_no_more_pads(GstElement*, gpointer self) {
  auto* pipeline = static_cast<Watcher*>(self)->pipeline_;
  end_if_unlinked(pipeline, "video");
  end_if_unlinked(pipeline, "audio");
}

gboolean Watcher::on_message(GstBus*, GstMessage* message, gpointer self) {
  auto* watcher = static_cast<Watcher*>(self);
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_ERROR: {
    GError* error = nullptr;
    gchar* detail = nullptr;
    gst_message_parse_error(message, &error, &detail);
    watcher->trouble(std::string(error->message) +
                     (detail ? " (" + std::string(detail) + ")" : ""));
    g_clear_error(&error);
    g_free(detail);
    break;
  }
  case GST_MESSAGE_EOS:
    watcher->trouble("the stream ended");
    break;
  case GST_MESSAGE_ELEMENT:
    if (gst_message_has_name(message, "p2plive-skipped"))
      watcher->reporter_.tell(line_of("skipped", std::chrono::steady_clock::now()));
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

gboolean Watcher::on_tick(gpointer self) {
  static_cast<Watcher*>(self)->take_sample();
  return G_SOURCE_CONTINUE;
}

gboolean Watcher::on_signal(gpointer self) {
  g_main_loop_quit(static_cast<Watcher*>(self)->loop_);
  return G_SOURCE_CONTINUE;
}

void Watcher::take_sample() {
  Sample sample;
  sample.at = std::chrono::steady_clock::now();
  GstStructure* stats = nullptr;
  g_object_get(source_, "stats", &stats, nullptr);
  if (stats) {
    sample.peers = static_cast<unsigned>(field(stats, "peers"));
    sample.cdn_bytes = field(stats, "cdn-bytes");
    sample.peer_bytes = field(stats, "peer-bytes");
    sample.upload_bytes = field(stats, "upload-bytes");
    sample.delivered_bytes = field(stats, "delivered-bytes");
    sample.duplicate_bytes = field(stats, "duplicate-bytes");
    sample.overhead_bytes = field(stats, "overhead-bytes");
    sample.cdn_requests = field(stats, "cdn-requests");
    sample.cdn_errors = field(stats, "cdn-errors");
    sample.starvations = field(stats, "starvations");
    sample.pool_allocated = field(stats, "pool-allocated");
    sample.buffer = std::chrono::nanoseconds(field(stats, "buffer-time"));
    sample.delay = std::chrono::nanoseconds(field(stats, "delay"));
    const auto* rid = gst_structure_get_string(stats, "rid");
    if (rid && *rid && !rid_told_) {
      reporter_.tell("rid text=" + std::string(rid));
      rid_told_ = true;
    }
    gst_structure_free(stats);
  }
  emission_.fill(sample);
  sink_.fill(sample);
  reporter_.tell(line_of(sample));
}

void Watcher::trouble(const std::string& text) {
  auto line = text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  reporter_.tell("trouble text=" + line);
  failed_ = true;
  g_main_loop_quit(loop_);
}

} // namespace p2plive::bench
