// SPDX-License-Identifier: LGPL-2.1-or-later
#include "quality_properties.h"

#include "property_values.h"

#include <algorithm>

namespace p2plive::gst {
namespace {

enum QualityProperty : guint {
  prop_max_bitrate = 200, // after those in http_properties.cpp
  prop_connection_speed,
  prop_max_width,
  prop_max_height,
  prop_codecs,
  prop_adaptive,
  prop_start_bitrate,
};

void install_uint(GObjectClass* c, guint id, const char* name, const char* nick, const char* blurb,
                  guint most) {
  g_object_class_install_property(c, id,
                                  g_param_spec_uint(name, nick, blurb, 0, most, 0, when_ready));
}

} // namespace

void install_quality_properties(GObjectClass* c) {
  /**
   * GstP2pLiveSrc:max-bitrate:
   *
   * Of the variants of a master playlist, that with the highest `BANDWIDTH` is played that keeps
   * within this, #GstP2pLiveSrc:connection-speed, #GstP2pLiveSrc:max-width and
   * #GstP2pLiveSrc:max-height; the lowest, when none does.
   *
   * Since: 0.1
   */
  install_uint(c, prop_max_bitrate, "max-bitrate", "Maximum bitrate",
               "Bits a second of the variant that is played, at most (0 = no bound)", G_MAXUINT);
  /**
   * GstP2pLiveSrc:connection-speed:
   *
   * The same as #GstP2pLiveSrc:max-bitrate in kbit/s, as hlsdemux has it and playbin sets it. The
   * smaller of the two counts.
   *
   * Since: 0.1
   */
  install_uint(c, prop_connection_speed, "connection-speed", "Connection speed",
               "Network connection speed in kbit/s (0 = no bound)", G_MAXUINT / 1000);
  /**
   * GstP2pLiveSrc:max-width:
   *
   * Bounds the variant beside #GstP2pLiveSrc:max-bitrate, by the width in its `RESOLUTION`. A
   * variant that names none keeps within.
   *
   * Since: 0.1
   */
  install_uint(c, prop_max_width, "max-width", "Maximum width",
               "Width of the variant that is played, at most (0 = no bound)", G_MAXUINT);
  /**
   * GstP2pLiveSrc:max-height:
   *
   * Bounds the variant beside #GstP2pLiveSrc:max-bitrate, by the height in its `RESOLUTION`. A
   * variant that names none keeps within.
   *
   * Since: 0.1
   */
  install_uint(c, prop_max_height, "max-height", "Maximum height",
               "Height of the variant that is played, at most (0 = no bound)", G_MAXUINT);
  /**
   * GstP2pLiveSrc:codecs:
   *
   * Codecs that are preferred, as beginnings of those that a master playlist names (RFC 6381),
   * separated by commas: `avc1,mp4a.40`. Those of picture hold for picture, those of sound for
   * sound. Where no variant has them another is played.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_codecs,
      g_param_spec_string("codecs", "Codecs", "Preferred codecs, like avc1,mp4a.40 (unset = any)",
                          nullptr, when_ready));
  /**
   * GstP2pLiveSrc:adaptive:
   *
   * Changes the variant while the stream plays, as the throughput of the network and what is
   * buffered allow: down when the link carries less than the variant's `BANDWIDTH` and time runs
   * short, up by one step when it has carried 1.4 times that of the next for a while, and not
   * within ten seconds of another change. Among those within the bounds of
   * #GstP2pLiveSrc:max-bitrate and the other properties, of the same codecs, and with segments that
   * begin at the same moments by `EXT-X-PROGRAM-DATE-TIME`, or by number where there are no dates.
   * A change is made at the beginning of a segment and leaves nothing out. Each variant is a stream
   * of its own for the services and for other viewers.
   *
   * Playback begins as #GstP2pLiveSrc:start-bitrate says; the first change goes as far up as the
   * link carries, without waiting.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_adaptive,
      g_param_spec_boolean("adaptive", "Adaptive",
                           "Change the variant while the stream plays, as the network allows",
                           FALSE, when_ready));
  /**
   * GstP2pLiveSrc:start-bitrate:
   *
   * With #GstP2pLiveSrc:adaptive playback begins with the variant of the highest `BANDWIDTH` that
   * keeps within this and the other bounds, as hlsdemux2 has it. Where it is 0,
   * #GstP2pLiveSrc:connection-speed tells what to begin with, and where that is 0, too, it is the
   * variant that the master playlist lists first, or one below it that keeps within 5 Mbit/s.
   *
   * Since: 0.1
   */
  install_uint(c, prop_start_bitrate, "start-bitrate", "Start bitrate",
               "Bits a second of the variant to begin with, with adaptive (0 = automatic)",
               G_MAXUINT);
}

bool set_quality(Source& source, guint id, const GValue* value) {
  auto& quality = source.options.quality;
  switch (id) {
  case prop_max_bitrate:
    quality.max_bitrate = g_value_get_uint(value);
    return true;
  case prop_connection_speed:
    source.connection_speed = g_value_get_uint(value);
    return true;
  case prop_max_width:
    quality.max_width = g_value_get_uint(value);
    return true;
  case prop_max_height:
    quality.max_height = g_value_get_uint(value);
    return true;
  case prop_codecs:
    quality.codecs = string_of(value);
    return true;
  case prop_adaptive:
    quality.adaptive = g_value_get_boolean(value);
    return true;
  case prop_start_bitrate:
    quality.start_bitrate = g_value_get_uint(value);
    return true;
  default:
    return false;
  }
}

bool get_quality(const Source& source, guint id, GValue* value) {
  const auto& quality = source.options.quality;
  switch (id) {
  case prop_max_bitrate:
    g_value_set_uint(value, static_cast<guint>(quality.max_bitrate));
    return true;
  case prop_connection_speed:
    g_value_set_uint(value, source.connection_speed);
    return true;
  case prop_max_width:
    g_value_set_uint(value, quality.max_width);
    return true;
  case prop_max_height:
    g_value_set_uint(value, quality.max_height);
    return true;
  case prop_codecs:
    give_string(value, quality.codecs);
    return true;
  case prop_adaptive:
    g_value_set_boolean(value, quality.adaptive);
    return true;
  case prop_start_bitrate:
    g_value_set_uint(value, static_cast<guint>(quality.start_bitrate));
    return true;
  default:
    return false;
  }
}

QualityOptions effective_quality(const Source& source) {
  auto quality = source.options.quality;
  const auto speed = std::uint64_t{source.connection_speed} * 1000;
  if (speed > 0)
    quality.max_bitrate = quality.max_bitrate > 0 ? std::min(quality.max_bitrate, speed) : speed;
  if (quality.start_bitrate == 0)
    quality.start_bitrate = speed;
  return quality;
}

} // namespace p2plive::gst
