// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pipeline.h"

#include <openssl/crypto.h>

namespace p2plive::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// ISO/IEC 13818-1, 2.4.3.5: the base of the first program_clock_reference, as time.
std::optional<guint64> first_pcr(const guint8* data, std::size_t size) {
  for (std::size_t at = 0; at + 188 <= size; at += 188) {
    const auto* packet = data + at;
    const bool has_adaptation = packet[3] & 0x20;
    if (packet[0] != 0x47 || !has_adaptation || packet[4] < 7 || !(packet[5] & 0x10))
      continue;
    const guint64 base = guint64(packet[6]) << 25 | guint64(packet[7]) << 17 |
                         guint64(packet[8]) << 9 | guint64(packet[9]) << 1 | packet[10] >> 7;
    return base * 100000 / 9;
  }
  return {};
}

std::optional<guint64> unix_time_of(GstBuffer* buffer) {
  auto* caps = gst_caps_from_string("timestamp/x-unix");
  auto* meta = gst_buffer_get_reference_timestamp_meta(buffer, caps);
  gst_caps_unref(caps);
  if (!meta)
    return {};
  return meta->timestamp;
}

bool is_traced(GstBuffer* buffer) {
  gpointer state = nullptr;
  while (auto* meta = gst_buffer_iterate_meta(buffer, &state))
    if (gst_meta_info_is_custom(meta->info))
      return true;
  return false;
}

std::string factory_of(GstObject* object) {
  auto* factory = GST_IS_ELEMENT(object) ? gst_element_get_factory(GST_ELEMENT(object)) : nullptr;
  return factory ? GST_OBJECT_NAME(factory) : "";
}

GstElement* parse(const std::string& description) {
  GError* error = nullptr;
  auto* pipeline = gst_parse_launch(description.c_str(), &error);
  if (!pipeline || error) // and not fail_unless(), which works in tests alone
    g_error("%s: %s", description.c_str(), error ? error->message : "");
  if (GST_IS_PIPELINE(pipeline))
    return pipeline;
  auto* bin = gst_pipeline_new(nullptr);
  gst_bin_add(GST_BIN(bin), pipeline);
  return bin;
}

} // namespace

Pipeline::Pipeline(const std::string& description) : Pipeline(parse(description)) {}

Pipeline::Pipeline(GstElement* floating)
    : pipeline_(GST_ELEMENT(gst_object_ref_sink(floating))), bus_(gst_element_get_bus(pipeline_)) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  // gst-check ends GStreamer's threads when the process exits, after OpenSSL would have ended
  // itself and forgotten that it keeps something for each of them: that would leak.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  if (auto* source = gst_bin_get_by_name(GST_BIN(pipeline_), "src")) {
    record(source);
    gst_object_unref(source);
  }
  if (g_signal_lookup("source-setup", G_OBJECT_TYPE(pipeline_)))
    g_signal_connect(pipeline_, "source-setup",
                     G_CALLBACK(+[](GstElement*, GstElement* source, gpointer self) {
                       static_cast<Pipeline*>(self)->record(source);
                     }),
                     this);
}

Pipeline::~Pipeline() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_object_unref(bus_);
  gst_object_unref(pipeline_);
}

void Pipeline::record(GstElement* source) {
  auto* pad = gst_element_get_static_pad(source, "src");
  gst_pad_add_probe(
      pad,
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      [](GstPad*, GstPadProbeInfo* info, gpointer self) {
        static_cast<Pipeline*>(self)->note(info);
        return GST_PAD_PROBE_OK;
      },
      this, nullptr);
  gst_object_unref(pad);
}

void Pipeline::note(GstPadProbeInfo* info) {
  std::lock_guard guard(lock_);
  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    auto* event = gst_pad_probe_info_get_event(info);
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
      gst_event_copy_segment(event, &segment_);
      ++segment_events_;
    }
    return;
  }
  auto* buffer = gst_pad_probe_info_get_buffer(info);
  Sent sent{};
  sent.pts = GST_BUFFER_PTS(buffer);
  sent.duration = GST_BUFFER_DURATION(buffer);
  sent.running_time = gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, sent.pts);
  sent.media_sequence = GST_BUFFER_OFFSET(buffer);
  sent.offset = GST_BUFFER_OFFSET_END(buffer);
  sent.begins_segment = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER);
  sent.discont = GST_BUFFER_IS_DISCONT(buffer);
  sent.traced = is_traced(buffer);
  sent.unix_time = unix_time_of(buffer);
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
    g_error("a buffer that cannot be read");
  sent.size = map.size;
  sent.pcr = first_pcr(map.data, map.size);
  gst_buffer_unmap(buffer, &map);
  sent.segment_events = segment_events_;
  sent.segment = segment_;
  sent_.push_back(sent);
}

std::vector<Sent> Pipeline::sent() const {
  std::lock_guard guard(lock_);
  return sent_;
}

std::size_t Pipeline::sent_count() const {
  std::lock_guard guard(lock_);
  return sent_.size();
}

std::optional<std::chrono::milliseconds> Pipeline::delay() const {
  const auto now = gst_element_get_current_running_time(pipeline_);
  const auto all = sent();
  if (!GST_CLOCK_TIME_IS_VALID(now))
    return {};
  for (auto sent = all.rbegin(); sent != all.rend(); ++sent)
    if (sent->unix_time && sent->running_time <= now) {
      const auto shown = *sent->unix_time + (now - sent->running_time);
      return std::chrono::milliseconds((g_get_real_time() * 1000 - gint64(shown)) / 1000000);
    }
  return {};
}

void Pipeline::set_state(GstState state) {
  wanted_ = state;
  gst_element_set_state(pipeline_, state);
}

GstState Pipeline::state() const {
  GstState state = GST_STATE_NULL;
  gst_element_get_state(pipeline_, &state, nullptr, 0);
  return state;
}

void Pipeline::take(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_ERROR: {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    errors_.push_back(
        {error->domain, error->code, error->message, factory_of(GST_MESSAGE_SRC(message))});
    g_error_free(error);
    break;
  }
  case GST_MESSAGE_BUFFERING: {
    int percent = 0;
    gst_message_parse_buffering(message, &percent);
    buffering_.push_back(percent);
    if (pause_while_buffering_ && wanted_ == GST_STATE_PLAYING)
      gst_element_set_state(pipeline_, percent < 100 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    break;
  }
  case GST_MESSAGE_ELEMENT:
    if (gst_message_has_name(message, "p2plive-skipped")) {
      guint64 time = 0;
      gst_structure_get_uint64(gst_message_get_structure(message), "skipped-time", &time);
      skipped_.push_back(time);
    }
    if (gst_message_has_name(message, "p2plive-quality")) {
      guint64 bandwidth = 0;
      gst_structure_get_uint64(gst_message_get_structure(message), "bandwidth", &bandwidth);
      qualities_.push_back(bandwidth);
    }
    if (gst_message_has_name(message, "p2plive-date-range"))
      date_ranges_.emplace_back(
          gst_structure_copy(gst_message_get_structure(message)),
          [](const GstStructure* it) { gst_structure_free(const_cast<GstStructure*>(it)); });
    break;
  case GST_MESSAGE_EOS:
    ended_ = true;
    break;
  default:
    break;
  }
}

bool Pipeline::wait(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  while (!condition()) {
    if (Clock::now() >= end)
      return false;
    if (auto* message = gst_bus_timed_pop(bus_, 20 * GST_MSECOND)) {
      take(message);
      gst_message_unref(message);
    }
  }
  return true;
}

bool Pipeline::wait_for_state(GstState state, std::chrono::milliseconds deadline) {
  return wait([&] { return this->state() == state; }, deadline);
}

} // namespace p2plive::tests
