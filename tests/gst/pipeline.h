// A pipeline in a test: what it says on its bus, and waiting with a deadline.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace p2plive::tests {

struct PostedError {
  GQuark domain;
  int code;
  std::string text;
  std::string from; ///< factory of the element
};

/// One thing that left the source's pad: a buffer, with the segment it stands in.
struct Sent {
  GstClockTime pts, duration, running_time;
  guint64 media_sequence, offset;
  bool begins_segment, discont;
  std::size_t size;
  std::optional<guint64> unix_time; ///< ns
  std::optional<guint64> pcr;       ///< ns; the first in these bytes
  guint segment_events;             ///< so far
  GstSegment segment;
  bool traced; ///< it carries how it came, for the tracer p2plive
};

class Pipeline {
public:
  /// As for gst-launch. A source named "src" is recorded, or that which a playbin makes.
  explicit Pipeline(const std::string& description);
  explicit Pipeline(GstElement* floating);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstElement* get() const { return pipeline_; }
  void set_state(GstState state);
  GstState state() const;

  /// Reads the bus until `condition` holds; false after `deadline`.
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds deadline);
  bool wait_for_state(GstState state, std::chrono::milliseconds deadline);
  /// Reads the bus for so long, where time itself is what the test is about.
  void run(std::chrono::milliseconds time) {
    wait([] { return false; }, time);
  }

  const std::vector<PostedError>& errors() const { return errors_; }
  std::string first_error() const { return errors_.empty() ? "" : errors_.front().text; }
  const std::vector<int>& buffering() const { return buffering_; }
  bool ended() const { return ended_; }
  /// As players do: wait in PAUSED while a queue fills.
  void pause_while_buffering() { pause_while_buffering_ = true; }
  /// Element messages with this name: the field `skipped-time` of each.
  const std::vector<guint64>& skipped() const { return skipped_; }
  /// Element messages `p2plive-quality`: the field `bandwidth` of each.
  const std::vector<guint64>& qualities() const { return qualities_; }
  /// Element messages `p2plive-date-range`, in order.
  const std::vector<std::shared_ptr<const GstStructure>>& date_ranges() const {
    return date_ranges_;
  }

  std::vector<Sent> sent() const;
  /// Wall clock minus the date of what a sink shows now, to about a second; none: not known.
  std::optional<std::chrono::milliseconds> delay() const;
  std::size_t sent_count() const;

private:
  void take(GstMessage* message);
  void record(GstElement* source);
  void note(GstPadProbeInfo* info);

  GstElement* pipeline_;
  GstBus* bus_;
  std::vector<PostedError> errors_;
  std::vector<int> buffering_;
  std::vector<guint64> skipped_;
  std::vector<guint64> qualities_;
  std::vector<std::shared_ptr<const GstStructure>> date_ranges_;
  bool ended_ = false;
  bool pause_while_buffering_ = false;
  GstState wanted_ = GST_STATE_NULL; ///< what the application last set

  mutable std::mutex lock_;
  std::vector<Sent> sent_;
  GstSegment segment_;
  guint segment_events_ = 0;
};

} // namespace p2plive::tests
