// SPDX-License-Identifier: LGPL-2.1-or-later
#include "properties.h"

#include "enums.h"
#include "http_properties.h"
#include "property_values.h"
#include "quality_properties.h"
#include "stats.h"

namespace p2plive::gst {
namespace {

enum Property : guint {
  prop_uri = 1,
  prop_index_uri,
  prop_live_delay,
  prop_start_offset,
  prop_lead,
  prop_pace,
  prop_late,
  prop_cdn_threshold,
  prop_seed_share,
  prop_max_peers,
  prop_upload_limit,
  prop_user_agent,
  prop_local_address,
  prop_stats,
};

using std::chrono::nanoseconds;

constexpr gint64 automatic = -1;
constexpr gint64 unlimited = -1;

void install_addresses(GObjectClass* c) {
  /**
   * GstP2pLiveSrc:uri:
   *
   * The HLS media or master playlist of the live stream: an `https` or `http` address, or the same
   * with `p2plive+` in front. A fragment `#index=ADDRESS` (percent-encoded) stands in for
   * #GstP2pLiveSrc:index-uri where that is not set.
   *
   * Since: 0.1
   */
  g_object_class_install_property(c, prop_uri,
                                  g_param_spec_string("uri", "URI",
                                                      "Address of the live stream's HLS playlist",
                                                      nullptr, when_ready));
  /**
   * GstP2pLiveSrc:index-uri:
   *
   * The Index service, which knows the other services through which viewers find each other. Unset,
   * the stream plays from the CDN alone.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_index_uri,
      g_param_spec_string("index-uri", "Index URI",
                          "Address of the Index service (unset = play from the CDN alone)", nullptr,
                          when_ready));
  /**
   * GstP2pLiveSrc:user-agent:
   *
   * Sent with every HTTP request. Unset, it is `p2plive/VERSION`.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_user_agent,
      g_param_spec_string("user-agent", "User agent",
                          "HTTP User-Agent (unset = p2plive and its version)", nullptr,
                          when_ready));
  /**
   * GstP2pLiveSrc:local-address:
   *
   * The one local IP address through which other viewers are reached. Unset, all network interfaces
   * are used, or only loopback where the services themselves are reached there.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_local_address,
      g_param_spec_string("local-address", "Local address",
                          "Local IP address for connections to other viewers (unset = automatic)",
                          nullptr, when_ready));
}

void install_timing(GObjectClass* c, const ViewerOptions& defaults) {
  /**
   * GstP2pLiveSrc:live-delay:
   *
   * How far behind the live edge the media is that the sink shows. The longer, the more of the
   * stream can come from other viewers.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_live_delay,
      g_param_spec_uint64("live-delay", "Live delay",
                          "How far behind the live edge playback is, at the sink (ns)", 0,
                          G_MAXINT64, defaults.live_delay.count(), when_ready));
  /**
   * GstP2pLiveSrc:start-offset:
   *
   * Where playback begins, as the `TIME-OFFSET` of HLS' `EXT-X-START` has it: from the beginning of
   * the playlist on, or, negative, before its end, with the beginning of the HLS segment that this
   * lies in; with the first or the last where it lies outside of them. -10000000000 begins ten
   * seconds before the end of the playlist, 0 with the oldest segment. That distance to the live
   * edge is then kept in place of #GstP2pLiveSrc:live-delay, also by #GstP2pLiveSrc:late=skip,
   * until the stream begins again (an encoder that restarts). Less than some segments leave other
   * viewers no time, and make playback stall easily.
   *
   * -1 (hls.js writes it so, too) leaves it to #GstP2pLiveSrc:live-delay, or to the playlist's
   * `EXT-X-START` where that is further from the live edge.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_start_offset,
      g_param_spec_int64("start-offset", "Start offset",
                         "Where playback begins (ns): in the playlist, or, negative, before its "
                         "end (-1 = live-delay, or the playlist's EXT-X-START)",
                         -G_MAXINT64, G_MAXINT64, automatic, when_ready));
  /**
   * GstP2pLiveSrc:lead:
   *
   * How much media is handed out ahead of its time, for players to fill their buffers with, when it
   * can be had. Of these a second has to be there; for that the CDN is asked.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_lead,
      g_param_spec_uint64("lead", "Lead",
                          "Media handed out ahead of its time, when it can be had (ns)", 0,
                          G_MAXINT64, defaults.lead.count(), when_ready));
  /**
   * GstP2pLiveSrc:pace:
   *
   * With `stream` data is handed out as fast as it is played, #GstP2pLiveSrc:lead ahead; what is
   * behind need not block to slow the source down. With `none` whatever is there is handed out at
   * once, which leaves other viewers little time to help; #GstP2pLiveSrc:late has no effect then.
   *
   * Since: 0.1
   */
  g_object_class_install_property(c, prop_pace,
                                  g_param_spec_enum("pace", "Pace", "How fast data is handed out",
                                                    GST_TYPE_P2P_LIVE_PACE,
                                                    static_cast<int>(defaults.pace), when_ready));
  /**
   * GstP2pLiveSrc:late:
   *
   * What happens when playback has fallen behind, as after a pause or a stall: when it is more than
   * a target duration (two in the middle of a segment) further from the live edge than
   * #GstP2pLiveSrc:live-delay. With `skip` the source jumps forward, with a new segment and the
   * message `p2plive-skipped`. With `keep` it leaves nothing out, and stays late until the CDN no
   * longer has the data.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_late,
      g_param_spec_enum("late", "Late", "What to do when playback has fallen behind",
                        GST_TYPE_P2P_LIVE_LATE, static_cast<int>(defaults.late), when_ready));
}

void install_sharing(GObjectClass* c, const ViewerOptions& defaults) {
  /**
   * GstP2pLiveSrc:cdn-threshold:
   *
   * What is missing this long before it has to be handed out is fetched from the CDN, whoever else
   * was asked for it. -1 derives it from how fast the CDN has answered lately.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_cdn_threshold,
      g_param_spec_int64("cdn-threshold", "CDN threshold",
                         "Playable time (ns) under which missing data is fetched from the CDN "
                         "(-1 = automatic)",
                         automatic, G_MAXINT64, automatic, when_ready));
  /**
   * GstP2pLiveSrc:seed-share:
   *
   * The share of viewers, 0 to 1, who fetch a new piece of the stream from the CDN without waiting
   * for others to have it. -1 lets the viewers agree on about one of them.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_seed_share,
      g_param_spec_double("seed-share", "Seed share",
                          "Share of viewers who fetch new data from the CDN (-1 = automatic)",
                          automatic, 1.0, automatic, when_ready));
  /**
   * GstP2pLiveSrc:max-peers:
   *
   * How many other viewers the source connects with, at most; two more may connect with it. 0 meets
   * nobody. When it is lowered, those are parted from with whom least was exchanged.
   *
   * Since: 0.1
   */
  g_object_class_install_property(c, prop_max_peers,
                                  g_param_spec_uint("max-peers", "Maximum peers",
                                                    "Connections to other viewers at most; two "
                                                    "more may be let in (0 = none)",
                                                    0, ViewerOptions::most_peers,
                                                    defaults.max_peers, always));
  /**
   * GstP2pLiveSrc:upload-limit:
   *
   * How much is sent to all other viewers together, in bits of media a second. 0 sends nothing, and
   * still receives; -1 is no limit.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_upload_limit,
      g_param_spec_int64("upload-limit", "Upload limit",
                         "Bits a second sent to other viewers (0 = never upload, -1 = unlimited)",
                         unlimited, G_MAXINT64, unlimited, always));
  /**
   * GstP2pLiveSrc:stats:
   *
   * A #GstStructure `application/x-p2plive-stats` with figures since the start, at most a quarter
   * of a second old, or a second without an Index and #GstP2pLiveSrc:adaptive; all zero while the
   * element is not at least PAUSED. docs/plugin.md lists its fields.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_stats,
      g_param_spec_boxed("stats", "Statistics", "Where the stream came from, and how well it went",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

nanoseconds time_of(const GValue* value) {
  return nanoseconds(static_cast<gint64>(g_value_get_uint64(value)));
}

void set_upload_limit(Source& source, gint64 bits_per_second) {
  std::optional<std::uint64_t> limit;
  if (bits_per_second >= 0)
    limit = static_cast<std::uint64_t>(bits_per_second);
  std::shared_ptr<Viewer> viewer;
  {
    std::lock_guard guard(source.lock);
    source.options.upload_limit = limit;
    viewer = source.viewer;
  }
  if (viewer)
    viewer->set_upload_limit(limit);
}

void set_max_peers(Source& source, unsigned peers) {
  std::shared_ptr<Viewer> viewer;
  {
    std::lock_guard guard(source.lock);
    source.options.max_peers = peers;
    viewer = source.viewer;
  }
  if (viewer)
    viewer->set_max_peers(peers);
}

/// The options that wait for the next start; false where `id` is not one of them.
bool set_option(ViewerOptions& options, guint id, const GValue* value) {
  switch (id) {
  case prop_uri:
    options.uri = string_of(value);
    return true;
  case prop_index_uri:
    options.index_uri = string_of(value);
    return true;
  case prop_live_delay:
    options.live_delay = time_of(value);
    return true;
  case prop_start_offset:
    options.start_offset.reset();
    if (g_value_get_int64(value) != automatic)
      options.start_offset = nanoseconds(g_value_get_int64(value));
    return true;
  case prop_lead:
    options.lead = time_of(value);
    return true;
  case prop_pace:
    options.pace = static_cast<Pace>(g_value_get_enum(value));
    return true;
  case prop_late:
    options.late = static_cast<Late>(g_value_get_enum(value));
    return true;
  case prop_cdn_threshold:
    options.cdn_threshold.reset();
    if (g_value_get_int64(value) >= 0)
      options.cdn_threshold = nanoseconds(g_value_get_int64(value));
    return true;
  case prop_seed_share:
    options.seed_share.reset();
    if (g_value_get_double(value) >= 0)
      options.seed_share = g_value_get_double(value);
    return true;
  case prop_user_agent:
    options.user_agent = string_of(value);
    return true;
  case prop_local_address:
    options.local_address = string_of(value);
    return true;
  default:
    return set_http_option(options.http, id, value);
  }
}

bool get_option(const ViewerOptions& options, guint id, GValue* value) {
  switch (id) {
  case prop_uri:
    give_string(value, options.uri);
    return true;
  case prop_index_uri:
    give_string(value, options.index_uri);
    return true;
  case prop_live_delay:
    g_value_set_uint64(value, static_cast<guint64>(options.live_delay.count()));
    return true;
  case prop_start_offset:
    g_value_set_int64(value, options.start_offset ? options.start_offset->count() : automatic);
    return true;
  case prop_lead:
    g_value_set_uint64(value, static_cast<guint64>(options.lead.count()));
    return true;
  case prop_pace:
    g_value_set_enum(value, static_cast<int>(options.pace));
    return true;
  case prop_late:
    g_value_set_enum(value, static_cast<int>(options.late));
    return true;
  case prop_cdn_threshold:
    g_value_set_int64(value, options.cdn_threshold ? options.cdn_threshold->count() : automatic);
    return true;
  case prop_seed_share:
    g_value_set_double(value, options.seed_share.value_or(automatic));
    return true;
  case prop_max_peers:
    g_value_set_uint(value, options.max_peers);
    return true;
  case prop_upload_limit:
    g_value_set_int64(value, options.upload_limit ? static_cast<gint64>(*options.upload_limit)
                                                  : unlimited);
    return true;
  case prop_user_agent:
    give_string(value, options.user_agent);
    return true;
  case prop_local_address:
    give_string(value, options.local_address);
    return true;
  default:
    return get_http_option(options.http, id, value);
  }
}

} // namespace

void install_properties(GObjectClass* object_class) {
  const ViewerOptions defaults;
  install_addresses(object_class);
  install_timing(object_class, defaults);
  install_sharing(object_class, defaults);
  install_http_properties(object_class);
  install_quality_properties(object_class);
}

void set_property(Source& source, GObject* object, guint id, const GValue* value,
                  GParamSpec* spec) {
  if (id == prop_upload_limit)
    return set_upload_limit(source, g_value_get_int64(value));
  if (id == prop_max_peers)
    return set_max_peers(source, g_value_get_uint(value));
  std::shared_ptr<void> dropped; // its last reference may go, which is not for under the lock
  std::lock_guard guard(source.lock);
  dropped = source.options.http.tls_database;
  if (!set_option(source.options, id, value) && !set_quality(source, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void get_property(Source& source, GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (id == prop_stats) {
    const auto viewer = source.current_viewer();
    g_value_take_boxed(value, to_structure(viewer ? viewer->statistics() : ViewerStatistics{}));
    return;
  }
  std::lock_guard guard(source.lock);
  if (!get_option(source.options, id, value) && !get_quality(source, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

} // namespace p2plive::gst
