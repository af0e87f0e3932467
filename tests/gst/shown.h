// What comes to a sink in a test, and when it is to be shown.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pipeline.h"

#include <cmath>
#include <mutex>
#include <string>
#include <vector>

namespace p2plive::tests {

/// Running times of what comes to a sink, in seconds, and the bitrates that tags tell.
class Shown {
public:
  Shown(Pipeline& pipeline, const char* sink)
      : Shown(pipeline, gst_bin_get_by_name(GST_BIN(pipeline.get()), sink)) {}
  /// Takes over the reference.
  Shown(Pipeline& pipeline, GstElement* element) : pipeline_(pipeline) {
    auto* pad = gst_element_get_static_pad(element, "sink");
    gst_pad_add_probe(
        pad,
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                     GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
        [](GstPad* from, GstPadProbeInfo* info, gpointer self) {
          static_cast<Shown*>(self)->note(from, info);
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
    gst_object_unref(pad);
    gst_object_unref(element);
  }
  /// Stops the pipeline, whose threads use this.
  ~Shown() { pipeline_.set_state(GST_STATE_NULL); }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

  std::size_t count() const {
    std::lock_guard guard(lock_);
    return times_.size();
  }
  std::vector<guint> bitrates() const {
    std::lock_guard guard(lock_);
    return bitrates_;
  }
  /// Where one does not follow the one before it by `step`; empty: nowhere.
  std::string flaws(double step, double tolerance) const {
    std::lock_guard guard(lock_);
    for (std::size_t i = 1; i < times_.size(); ++i)
      if (auto here = times_[i] - times_[i - 1]; std::abs(here - step) > tolerance)
        return std::to_string(here) + " s after " + std::to_string(times_[i - 1]);
    return {};
  }

private:
  void note(GstPad* pad, GstPadProbeInfo* info) {
    std::lock_guard guard(lock_);
    if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
      auto* event = gst_pad_probe_info_get_event(info);
      GstTagList* tags = nullptr;
      guint bitrate = 0;
      if (GST_EVENT_TYPE(event) == GST_EVENT_TAG)
        gst_event_parse_tag(event, &tags);
      if (tags && gst_tag_list_get_uint(tags, GST_TAG_NOMINAL_BITRATE, &bitrate))
        bitrates_.push_back(bitrate);
      return;
    }
    auto* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    const auto pts = GST_BUFFER_PTS(gst_pad_probe_info_get_buffer(info));
    times_.push_back(
        static_cast<double>(gst_segment_to_running_time(segment, GST_FORMAT_TIME, pts)) / 1e9);
    gst_event_unref(event);
  }

  Pipeline& pipeline_;
  mutable std::mutex lock_;
  std::vector<double> times_;
  std::vector<guint> bitrates_;
};

} // namespace p2plive::tests
