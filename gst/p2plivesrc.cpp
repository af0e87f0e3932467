// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * SECTION:element-p2plivesrc
 * @title: p2plivesrc
 * @short_description: Plays a live HLS stream partly from its CDN and partly from other viewers
 *
 * The source takes the address of a live HLS stream and emits its bytes, in order and at the
 * stream's own pace: MPEG-TS, fragmented MP4 with its init sections, or packed audio, with AES-128
 * undone. What other viewers of the same stream have comes from them; the CDN serves
 * what nobody has and what is about to be played. Whatever of the peer to peer side fails, the
 * stream plays on from the CDN.
 *
 * Without #GstP2pLiveSrc:index-uri the stream plays from the CDN alone.
 *
 * The first buffer of each HLS segment has a timestamp, every buffer a duration. Timestamps are
 * running time, but for fragmented MP4, which keeps its own; the TIME segment tells what stream
 * time they are, which leaps where playback leaps.
 *
 * The element posts element messages: `p2plive-quality` tells of the variant of a master playlist
 * that is played, `p2plive-skipped` of a jump forward, and `p2plive-date-range` of what the
 * playlist says of spans of time (`EXT-X-DATERANGE`), such as advertisements. docs/plugin.md lists
 * their fields, and what of HLS is played, the flags of buffers, the fields of
 * #GstP2pLiveSrc:stats, and errors.
 *
 * The tracer `p2plive` logs where every chunk came from, and when.
 *
 * Addresses `p2plive+https://`, `p2plive+http://` and `p2plive://` (short for the first) make
 * playbin use this source; a fragment `#index=ADDRESS` (percent-encoded) names the Index.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 p2plivesrc uri=https://cdn.example/live.m3u8 index-uri=https://p2p.example/ !
 * tsdemux name=d d. ! queue ! decodebin ! autovideosink d. ! queue ! decodebin ! autoaudiosink
 * ]| Plays a stream.
 * |[
 * gst-play-1.0 "p2plive+https://cdn.example/live.m3u8#index=https%3A%2F%2Fp2p.example%2F"
 * ]| Plays it with playbin.
 * |[
 * gst-launch-1.0 -e p2plivesrc uri=https://cdn.example/live.m3u8 ! filesink location=live.ts
 * ]| Records a stream as it is.
 *
 * Since: 0.1
 */
#include "p2plivesrc.h"

#include "buffers.h"
#include "log.h"
#include "messages.h"
#include "properties.h"
#include "quality_properties.h"
#include "signals.h"
#include "source.h"
#include "stream_caps.h"
#include "stream_uri.h"
#include "tracer.h"

#include <algorithm>

using namespace p2plive;
using namespace std::chrono_literals;

GST_DEBUG_CATEGORY_STATIC(gst_p2p_live_src_debug);
#define GST_CAT_DEFAULT gst_p2p_live_src_debug

struct _GstP2pLiveSrc {
  GstPushSrc parent;
  gst::Source* source;
};

static void gst_p2p_live_src_uri_handler_init(gpointer iface, gpointer);

G_DEFINE_TYPE_WITH_CODE(GstP2pLiveSrc, gst_p2p_live_src, GST_TYPE_PUSH_SRC,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER,
                                              gst_p2p_live_src_uri_handler_init);
                        GST_DEBUG_CATEGORY_INIT(gst_p2p_live_src_debug, "p2plivesrc", 0,
                                                "Live streams from CDN and other viewers"))

GST_ELEMENT_REGISTER_DEFINE(p2plivesrc, "p2plivesrc", GST_RANK_PRIMARY, GST_TYPE_P2P_LIVE_SRC)

namespace {

gst::Source& source_of(gpointer instance) {
  return *GST_P2P_LIVE_SRC(instance)->source;
}

/// How often a waiting streaming thread tells the viewer how far playback has got.
constexpr auto clock_interval = 250ms;

/// The running time of what leaves the element now: the pipeline's, less the offset with which an
/// application puts the element's beginning later.
std::optional<std::chrono::nanoseconds> playing_time(GstElement* element) {
  GST_OBJECT_LOCK(element);
  const bool playing = GST_STATE(element) == GST_STATE_PLAYING;
  GST_OBJECT_UNLOCK(element);
  const auto time = playing ? gst_element_get_current_running_time(element) : GST_CLOCK_TIME_NONE;
  if (!GST_CLOCK_TIME_IS_VALID(time))
    return {};
  const auto offset = gst_pad_get_offset(GST_BASE_SRC_PAD(element));
  return std::chrono::nanoseconds(std::max<gint64>(static_cast<gint64>(time) - offset, 0));
}

/// What was handed out and is not played yet. Of fragmented MP4 it is not known: the sound may lie
/// behind all pictures of a fragment.
std::optional<std::chrono::nanoseconds> ahead_of(const gst::Source& source,
                                                 std::optional<std::chrono::nanoseconds> playing) {
  if (!playing || source.format == Format::fmp4)
    return {};
  return source.time.running_time() - *playing;
}

/// Posts why not where it returns false.
bool open_viewer(GstElement* element) {
  auto& source = source_of(element);
  source.time = {};
  source.date_ranges = {};
  source.format.reset();
  ViewerOptions options;
  {
    std::lock_guard guard(source.lock);
    options = source.options;
    options.quality = gst::effective_quality(source);
  }
  if (options.uri.empty()) {
    gst::post_error(element, {Error::Kind::settings,
                              "No stream is set. Set the property uri to the address of a live "
                              "HLS playlist.",
                              {}});
    return false;
  }
  if (const auto uri = gst::parse_stream_uri(options.uri)) {
    options.uri = uri->playlist;
    if (options.index_uri.empty())
      options.index_uri = uri->index;
  }
  options.trace = gst::tracer_is_active();
  options.log = gst::log_of(GST_OBJECT_NAME(element));
  GST_INFO_OBJECT(element, "opening %s, index %s", options.uri.c_str(), options.index_uri.c_str());
  auto opened = Viewer::open(std::move(options));
  if (const auto* error = std::get_if<Error>(&opened)) {
    gst::post_error(element, *error);
    return false;
  }
  std::shared_ptr<Viewer> viewer = std::get<std::unique_ptr<Viewer>>(std::move(opened));
  {
    std::lock_guard guard(source.lock);
    source.viewer = viewer;
    options = source.options;
  }
  // They may have been set meanwhile.
  viewer->set_upload_limit(options.upload_limit);
  viewer->set_max_peers(options.max_peers);
  return true;
}

void close_viewer(GstElement* element) {
  auto& source = source_of(element);
  std::shared_ptr<Viewer> viewer;
  {
    std::lock_guard guard(source.lock);
    viewer = std::move(source.viewer);
    source.viewer = nullptr;
  }
  GST_DEBUG_OBJECT(element, "closing %p", static_cast<void*>(viewer.get()));
}

void announce_segment(GstBaseSrc* base, const gst::MediaTime::Segment& place) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.position = static_cast<guint64>(place.start.count());
  segment.time = static_cast<guint64>(place.time.count());
  segment.base = static_cast<guint64>(place.base.count());
  GST_INFO_OBJECT(base, "new segment %" GST_SEGMENT_FORMAT, &segment);
  gst_base_src_new_segment(base, &segment);
}

/// To the application, and as a tag to what is behind the source. Through the base class: it keeps
/// the order of events, and takes no lock that shutdown holds.
void announce_quality(GstBaseSrc* base, const Quality& quality) {
  GST_INFO_OBJECT(base, "from here on %" G_GUINT64_FORMAT " bit/s", guint64{quality.bandwidth});
  gst::post_quality(GST_ELEMENT(base), quality);
  const auto bitrate = static_cast<guint>(std::min<guint64>(quality.bandwidth, G_MAXUINT));
  auto* tags = gst_tag_list_new(GST_TAG_NOMINAL_BITRATE, bitrate, nullptr);
  gst_tag_list_set_scope(tags, GST_TAG_SCOPE_GLOBAL);
  GST_ELEMENT_CLASS(gst_p2p_live_src_parent_class)
      ->send_event(GST_ELEMENT(base), gst_event_new_tag(tags));
}

/// From the first bytes, and where a stream goes on in another format.
GstFlowReturn announce_caps(GstBaseSrc* base, Format format) {
  auto* caps = gst::caps_of(format);
  // Setting them fails while flushing only: it is the first buffer that would be refused.
  const bool fit = gst_pad_peer_query_accept_caps(GST_BASE_SRC_PAD(base), caps);
  if (!fit)
    gst::post_error(
        GST_ELEMENT(base),
        {Error::Kind::format,
         "The stream is of a format that the pipeline behind p2plivesrc does not take. Put "
         "decodebin there, or choose another variant of it.",
         "its caps are not accepted"});
  const bool set = fit && gst_base_src_set_caps(base, caps);
  gst_caps_unref(caps);
  return set ? GST_FLOW_OK : fit ? GST_FLOW_FLUSHING : GST_FLOW_EOS;
}

void post_date_ranges(GstElement* element) {
  while (auto* structure = source_of(element).date_ranges.take())
    gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

/// What is neither bytes nor their end.
void tell(GstElement* element, Output&& news) {
  if (const auto* added = std::get_if<PeerAdded>(&news))
    gst::emit(element, *added);
  if (const auto* removed = std::get_if<PeerRemoved>(&news))
    gst::emit(element, *removed);
  if (const auto* warning = std::get_if<Warning>(&news))
    gst::post_warning(element, *warning);
  if (auto* range = std::get_if<DateRange>(&news)) {
    source_of(element).date_ranges.add(std::move(*range));
    post_date_ranges(element);
  }
}

GstFlowReturn hand_out(GstBaseSrc* base, Buffer&& buffer, GstBuffer** out) {
  auto& source = source_of(base);
  if (source.format != buffer.format) {
    if (const auto flow = announce_caps(base, buffer.format); flow != GST_FLOW_OK)
      return flow;
    source.format = buffer.format;
  }
  if (buffer.skipped > 0s) {
    GST_INFO_OBJECT(base, "skipped %" GST_TIME_FORMAT,
                    GST_TIME_ARGS(static_cast<GstClockTime>(buffer.skipped.count())));
    gst::post_skipped(GST_ELEMENT(base), buffer.skipped);
  }
  if (buffer.quality)
    announce_quality(base, *buffer.quality);
  const auto place = source.time.place(buffer, playing_time(GST_ELEMENT(base)));
  if (place.segment)
    announce_segment(base, *place.segment);
  source.date_ranges.begin(buffer, place);
  post_date_ranges(GST_ELEMENT(base));
  *out = gst::to_gst_buffer(std::move(buffer), place);
  GST_LOG_OBJECT(base, "handing out %" GST_PTR_FORMAT, static_cast<void*>(*out));
  return GST_FLOW_OK;
}

} // namespace

static GstFlowReturn gst_p2p_live_src_create(GstPushSrc* push, GstBuffer** out) {
  auto* base = GST_BASE_SRC(push);
  auto* element = GST_ELEMENT(push);
  const auto viewer = source_of(push).current_viewer();
  if (!viewer)
    return GST_FLOW_FLUSHING;
  for (;;) {
    const auto playing = playing_time(element);
    auto output = viewer->pop(playing, std::chrono::steady_clock::now() + clock_interval,
                              ahead_of(source_of(push), playing));
    if (auto* buffer = std::get_if<Buffer>(&output))
      return hand_out(base, std::move(*buffer), out);
    if (const auto* error = std::get_if<Error>(&output)) {
      // EOS and not ERROR, for which the base class would post a second message; downstream gets
      // the same EOS event either way, so that a recording is finished properly.
      gst::post_error(element, *error);
      return GST_FLOW_EOS;
    }
    if (std::holds_alternative<EndOfStream>(output))
      return GST_FLOW_EOS;
    if (std::holds_alternative<Interrupted>(output))
      return GST_FLOW_FLUSHING;
    tell(element, std::move(output));
  }
}

static gboolean gst_p2p_live_src_unlock(GstBaseSrc* base) {
  if (const auto viewer = source_of(base).current_viewer())
    viewer->interrupt(true);
  return TRUE;
}

static gboolean gst_p2p_live_src_unlock_stop(GstBaseSrc* base) {
  if (const auto viewer = source_of(base).current_viewer())
    viewer->interrupt(false);
  return TRUE;
}

static gboolean gst_p2p_live_src_negotiate(GstBaseSrc*) {
  // The caps are known with the first bytes, and set then.
  return TRUE;
}

static gboolean gst_p2p_live_src_is_seekable(GstBaseSrc*) {
  return FALSE;
}

static gboolean gst_p2p_live_src_send_event(GstElement* element, GstEvent* event) {
  // The base class would flush, though it cannot seek.
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    gst_event_unref(event);
    return FALSE;
  }
  return GST_ELEMENT_CLASS(gst_p2p_live_src_parent_class)->send_event(element, event);
}

static gboolean gst_p2p_live_src_query(GstBaseSrc* base, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_DURATION)
    return FALSE;
  const auto answered = GST_BASE_SRC_CLASS(gst_p2p_live_src_parent_class)->query(base, query);
  if (answered && GST_QUERY_TYPE(query) == GST_QUERY_SCHEDULING) {
    GstSchedulingFlags flags;
    int smallest, largest, alignment;
    gst_query_parse_scheduling(query, &flags, &smallest, &largest, &alignment);
    // Players buffer what comes over a network, and know a network by this flag.
    flags = static_cast<GstSchedulingFlags>((flags & ~GST_SCHEDULING_FLAG_SEEKABLE) |
                                            GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED);
    gst_query_set_scheduling(query, flags, smallest, largest, alignment);
  }
  return answered;
}

// The viewer is opened and closed here and not in start() and stop(): where start() fails, the
// base class posts an error of its own beside ours.
static GstStateChangeReturn gst_p2p_live_src_change_state(GstElement* element,
                                                          GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !open_viewer(element))
    return GST_STATE_CHANGE_FAILURE;
  const auto result =
      GST_ELEMENT_CLASS(gst_p2p_live_src_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    close_viewer(element);
  return result;
}

static void gst_p2p_live_src_set_property(GObject* object, guint id, const GValue* value,
                                          GParamSpec* spec) {
  gst::set_property(source_of(object), object, id, value, spec);
}

static void gst_p2p_live_src_get_property(GObject* object, guint id, GValue* value,
                                          GParamSpec* spec) {
  gst::get_property(source_of(object), object, id, value, spec);
}

static void gst_p2p_live_src_init(GstP2pLiveSrc* self) {
  self->source = new gst::Source;
  auto* base = GST_BASE_SRC(self);
  gst_base_src_set_format(base, GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp(base, FALSE);
}

static void gst_p2p_live_src_finalize(GObject* object) {
  delete GST_P2P_LIVE_SRC(object)->source;
  G_OBJECT_CLASS(gst_p2p_live_src_parent_class)->finalize(object);
}

static void gst_p2p_live_src_class_init(GstP2pLiveSrcClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = gst_p2p_live_src_set_property;
  object_class->get_property = gst_p2p_live_src_get_property;
  object_class->finalize = gst_p2p_live_src_finalize;
  gst::install_properties(object_class);
  gst::install_signals(G_TYPE_FROM_CLASS(klass));
  gst::install_log();

  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = gst_p2p_live_src_change_state;
  element_class->send_event = gst_p2p_live_src_send_event;
  auto* caps = gst_caps_from_string(gst::template_caps);
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  gst_element_class_set_static_metadata(
      element_class, "Peer-assisted live source", "Source/Network",
      "Plays a live HLS stream partly from its CDN and partly from other viewers",
      "The p2plive authors");

  auto* base_class = GST_BASE_SRC_CLASS(klass);
  base_class->unlock = gst_p2p_live_src_unlock;
  base_class->unlock_stop = gst_p2p_live_src_unlock_stop;
  base_class->negotiate = gst_p2p_live_src_negotiate;
  base_class->is_seekable = gst_p2p_live_src_is_seekable;
  base_class->query = gst_p2p_live_src_query;

  GST_PUSH_SRC_CLASS(klass)->create = gst_p2p_live_src_create;
}

static GstURIType gst_p2p_live_src_uri_get_type(GType) {
  return GST_URI_SRC;
}

static const gchar* const* gst_p2p_live_src_uri_get_protocols(GType) {
  return gst::stream_uri_schemes;
}

static gchar* gst_p2p_live_src_uri_get_uri(GstURIHandler* handler) {
  auto& source = source_of(handler);
  std::lock_guard guard(source.lock);
  if (source.options.uri.empty())
    return nullptr;
  return g_strdup(gst::to_handler_uri(source.options.uri).c_str());
}

static gboolean gst_p2p_live_src_uri_set_uri(GstURIHandler* handler, const gchar* uri,
                                             GError** error) {
  auto& source = source_of(handler);
  std::lock_guard guard(source.lock);
  if (source.viewer) {
    g_set_error_literal(error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE,
                        "The address of a running p2plivesrc cannot be changed.");
    return FALSE;
  }
  if (!gst::parse_stream_uri(uri)) {
    g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "This is not an address: %s", uri);
    return FALSE;
  }
  source.options.uri = uri;
  return TRUE;
}

static void gst_p2p_live_src_uri_handler_init(gpointer iface, gpointer) {
  auto* handler = static_cast<GstURIHandlerInterface*>(iface);
  handler->get_type = gst_p2p_live_src_uri_get_type;
  handler->get_protocols = gst_p2p_live_src_uri_get_protocols;
  handler->get_uri = gst_p2p_live_src_uri_get_uri;
  handler->set_uri = gst_p2p_live_src_uri_set_uri;
}
