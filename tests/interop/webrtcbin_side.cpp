// SPDX-License-Identifier: LGPL-2.1-or-later
#include "webrtcbin_side.h"

#include <gst/sdp/sdp.h>

#include <memory>
#include <utility>

namespace p2plive::test {

using viewer::Signal;

namespace {

/// GstWebRTCSessionDescription of gst/webrtc/rtcsessiondescription.h, whose Debian package would
/// bring OpenCV with it. GStreamer copies what it is given.
struct SessionDescription {
  int type;
  GstSDPMessage* sdp;
};
constexpr int type_offer = 1, type_answer = 3;

template <typename Call>
GstPromise* promise_of(Call call) {
  return gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer call) { (*static_cast<Call*>(call))(promise); },
      new Call(std::move(call)), [](gpointer call) { delete static_cast<Call*>(call); });
}

bool is_open(GObject* channel) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(channel, "ready-state", &value);
  auto* type = static_cast<GEnumClass*>(g_type_class_ref(G_VALUE_TYPE(&value)));
  auto* state = g_enum_get_value(type, g_value_get_enum(&value));
  bool open = state && g_str_equal(state->value_nick, "open");
  g_type_class_unref(type);
  g_value_unset(&value);
  return open;
}

} // namespace

WebrtcbinSide::WebrtcbinSide(GMainContext* context, const Meeting& meeting, std::size_t size)
    : exchange({size, 0x7654321, meeting.rid, meeting.self},
               [this](auto head, auto body) { return send(head, body); }),
      context_(context), meeting_(meeting),
      signalling_(context, meeting.self, meeting.rid,
                  {[this](const Signal& signal) { arrived(signal); }, [this] { ready(); }}) {
  if (make_pipeline())
    signalling_.use({{"127.0.0.1", meeting.broker_port, false}});
}

bool WebrtcbinSide::make_pipeline() {
  pipeline_ = gst_pipeline_new(nullptr);
  webrtc_ = gst_element_factory_make("webrtcbin", nullptr);
  if (!webrtc_) {
    failure = "there is no webrtcbin";
    return false;
  }
  gst_bin_add(GST_BIN(pipeline_), webrtc_);
  gst_util_set_object_arg(G_OBJECT(webrtc_), "bundle-policy", "max-bundle");
  watch();
  use_loopback();
  return gst_element_set_state(pipeline_, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

void WebrtcbinSide::watch() {
  auto on_candidate = +[](GstElement*, guint, const char* candidate, gpointer user_data) {
    auto* self = static_cast<WebrtcbinSide*>(user_data);
    self->post([self, line = std::string(candidate)] {
      Signal signal;
      signal.kind = Signal::Kind::candidates;
      signal.candidates = {line};
      self->send_signal(std::move(signal));
    });
  };
  g_signal_connect(webrtc_, "on-ice-candidate", G_CALLBACK(on_candidate), this);
  auto on_channel = +[](GstElement*, GObject* channel, gpointer user_data) {
    static_cast<WebrtcbinSide*>(user_data)->take_channel(channel);
  };
  g_signal_connect(webrtc_, "on-data-channel", G_CALLBACK(on_channel), this);
}

void WebrtcbinSide::use_loopback() {
  GObject* ice = nullptr;
  g_object_get(webrtc_, "ice-agent", &ice, nullptr);
  gboolean added = FALSE;
  g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
  g_object_unref(ice);
  if (!added)
    failure = "webrtcbin does not take 127.0.0.1 for an address";
}

void WebrtcbinSide::post(std::function<void()> call) {
  auto run = [](gpointer call) -> gboolean {
    (*static_cast<std::function<void()>*>(call))();
    return G_SOURCE_REMOVE;
  };
  auto* source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, run, new std::function<void()>(std::move(call)),
                        [](gpointer call) { delete static_cast<std::function<void()>*>(call); });
  g_source_attach(source, context_);
  g_source_unref(source);
}

void WebrtcbinSide::ready() {
  if (std::exchange(waiting_told_, true))
    return;
  if (meeting_.offers)
    return offer();
  Signal signal;
  signal.kind = Signal::Kind::refuse;
  signal.reason = "waiting for an offer";
  session_ = 0;
  send_signal(std::move(signal));
}

void WebrtcbinSide::arrived(const Signal& signal) {
  switch (signal.kind) {
  case Signal::Kind::offer:
    session_ = signal.session;
    return set_remote(type_offer, signal.sdp, [this] { answer(); });
  case Signal::Kind::answer:
    return set_remote(type_answer, signal.sdp, [] {});
  case Signal::Kind::candidates:
    for (auto& line : signal.candidates)
      g_signal_emit_by_name(webrtc_, "add-ice-candidate", 0u, line.c_str());
    return;
  case Signal::Kind::refuse:
    failure = "refused: " + signal.reason;
  }
}

void WebrtcbinSide::offer() {
  GObject* channel = nullptr;
  g_signal_emit_by_name(webrtc_, "create-data-channel", "p2plive", nullptr, &channel);
  if (!channel) {
    failure = "webrtcbin makes no data channel";
    return;
  }
  take_channel(channel);
  g_object_unref(channel);
  auto* promise = promise_of([this](GstPromise* promise) { described(promise, "offer"); });
  g_signal_emit_by_name(webrtc_, "create-offer", nullptr, promise);
}

void WebrtcbinSide::answer() {
  auto* promise = promise_of([this](GstPromise* promise) { described(promise, "answer"); });
  g_signal_emit_by_name(webrtc_, "create-answer", nullptr, promise);
}

/// On webrtcbin's thread.
void WebrtcbinSide::described(GstPromise* promise, const char* field) {
  auto* reply = gst_promise_get_reply(promise);
  auto* value = reply ? gst_structure_get_value(reply, field) : nullptr;
  if (!value)
    return post([this, field] { failure = std::string("webrtcbin makes no ") + field; });
  auto* description = static_cast<SessionDescription*>(g_value_get_boxed(value));
  std::unique_ptr<char, decltype(&g_free)> text(gst_sdp_message_as_text(description->sdp), g_free);
  Signal signal;
  signal.kind = description->type == type_offer ? Signal::Kind::offer : Signal::Kind::answer;
  signal.sdp = text.get();
  // JSEP (RFC 8829 section 4.1.8): what is sent is in force before the answer to it can come. The
  // candidates are gathered only then, and follow it.
  auto* in_force = promise_of([this, signal](GstPromise* promise) {
    check(promise);
    post([this, signal] { send_signal(signal); });
  });
  g_signal_emit_by_name(webrtc_, "set-local-description", description, in_force);
  gst_promise_unref(promise);
}

/// On webrtcbin's thread. Takes the promise of a description that was to be set.
void WebrtcbinSide::check(GstPromise* promise) {
  auto* reply = gst_promise_get_reply(promise);
  if (reply && gst_structure_has_field(reply, "error"))
    post([this] { failure = "webrtcbin does not take a description"; });
  gst_promise_unref(promise);
}

void WebrtcbinSide::set_remote(int type, const std::string& sdp, std::function<void()> then) {
  SessionDescription description{type, nullptr};
  gst_sdp_message_new_from_text(sdp.c_str(), &description.sdp);
  auto* promise = promise_of([this, then = std::move(then)](GstPromise* promise) {
    check(promise);
    post(then);
  });
  g_signal_emit_by_name(webrtc_, "set-remote-description", &description, promise);
  gst_sdp_message_free(description.sdp);
}

void WebrtcbinSide::send_signal(Signal signal) {
  signal.to = meeting_.other;
  signal.session = session_;
  signalling_.send(std::move(signal));
}

void WebrtcbinSide::take_channel(GObject* channel) {
  auto on_message = +[](GObject*, GBytes* bytes, gpointer user_data) {
    auto* self = static_cast<WebrtcbinSide*>(user_data);
    std::shared_ptr<GBytes> message(g_bytes_ref(bytes), g_bytes_unref);
    self->post([self, message] {
      gsize size = 0;
      auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(message.get(), &size));
      self->begin_when_open(); // a message may overtake the news of the state
      self->exchange.received({data, size});
    });
  };
  g_signal_connect(channel, "on-message-data", G_CALLBACK(on_message), this);
  auto on_open = +[](GObject*, gpointer user_data) {
    auto* self = static_cast<WebrtcbinSide*>(user_data);
    self->post([self] { self->begin_when_open(); });
  };
  g_signal_connect(channel, "on-open", G_CALLBACK(on_open), this);
  auto on_close = +[](GObject*, gpointer user_data) {
    auto* self = static_cast<WebrtcbinSide*>(user_data);
    self->post([self] { self->closed = true; });
  };
  g_signal_connect(channel, "on-close", G_CALLBACK(on_close), this);
  post([this, channel = G_OBJECT(g_object_ref(channel))] {
    channel_ = channel;
    begin_when_open();
  });
}

void WebrtcbinSide::begin_when_open() {
  if (channel_ && is_open(channel_) && !std::exchange(begun_, true))
    exchange.begin();
}

bool WebrtcbinSide::send(std::span<const std::uint8_t> head, std::span<const std::uint8_t> body) {
  Exchange::Bytes message(head.begin(), head.end());
  message.insert(message.end(), body.begin(), body.end());
  auto* bytes = g_bytes_new(message.data(), message.size());
  g_signal_emit_by_name(channel_, "send-data", bytes);
  g_bytes_unref(bytes);
  return true;
}

} // namespace p2plive::test
