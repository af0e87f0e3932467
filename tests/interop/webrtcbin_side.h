// The other side by GStreamer's webrtcbin, signalled over the real broker as viewers do.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "exchange.h"
#include "our_side.h"

#include "viewer/signalling.h"

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <string>

namespace p2plive::test {

/// Lives on the context's thread; what webrtcbin says on its own threads is handed over to it.
/// Never destroyed: webrtcbin's teardown can hang, so its process ends without.
class WebrtcbinSide {
public:
  WebrtcbinSide(GMainContext* context, const Meeting& meeting, std::size_t size);
  WebrtcbinSide(const WebrtcbinSide&) = delete;
  WebrtcbinSide& operator=(const WebrtcbinSide&) = delete;

  Exchange exchange;
  bool closed = false; ///< the channel, by the other side
  std::string failure;

private:
  bool make_pipeline();
  void watch();
  void use_loopback();
  void post(std::function<void()> call); ///< from any thread
  void ready();
  void arrived(const viewer::Signal& signal);
  void offer();
  void answer();
  void described(GstPromise* promise, const char* field);
  void check(GstPromise* promise);
  void set_remote(int type, const std::string& sdp, std::function<void()> then);
  void send_signal(viewer::Signal signal);
  void take_channel(GObject* channel);
  void begin_when_open();
  bool send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body);

  GMainContext* context_;
  Meeting meeting_;
  std::uint64_t session_ = 1;
  GstElement *pipeline_ = nullptr, *webrtc_ = nullptr;
  GObject* channel_ = nullptr;
  bool waiting_told_ = false, begun_ = false;
  viewer::Signalling signalling_;
};

} // namespace p2plive::test
