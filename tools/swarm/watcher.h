// One viewer of the swarm: p2plivesrc in a pipeline that demuxes and decodes to clocked sinks, and
// says what it sees.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "swarm/emission_watch.h"
#include "swarm/sink_watch.h"

namespace p2plive::bench {

class Watcher {
public:
  explicit Watcher(Reporter& reporter);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// `properties` of the element, as "name=value". False: it was told why.
  bool build(bool decode, const std::vector<std::string>& properties);
  /// Plays until SIGTERM, SIGINT, an error or the end. False: by one of the last two.
  bool run();

  /// Which of the elements it needs are not installed; empty: all are.
  static std::string missing_elements(bool decode);

private:
  static GstPadProbeReturn on_emitted(GstPad*, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_demuxed(GstPad*, GstPadProbeInfo* info, gpointer self);
  static void on_shown(GstElement*, GstBuffer* buffer, GstPad*, gpointer self);
  static void on_no_more_pads(GstElement* demuxer, gpointer self);
  static gboolean on_message(GstBus*, GstMessage* message, gpointer self);
  static gboolean on_tick(gpointer self);
  static gboolean on_signal(gpointer self);

  void take_sample();
  void trouble(const std::string& text);

  Reporter& reporter_;
  FrameClock clock_;
  EmissionWatch emission_;
  SinkWatch sink_;
  GMainLoop* loop_;
  GstElement* pipeline_ = nullptr;
  GstElement* source_ = nullptr; ///< of the pipeline
  bool failed_ = false, rid_told_ = false;
};

} // namespace p2plive::bench
