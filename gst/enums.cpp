// SPDX-License-Identifier: LGPL-2.1-or-later
#include "enums.h"

#include "viewer/viewer.h"

/**
 * GstP2pLivePace:
 * @stream: Data is handed out at the stream's own pace, #GstP2pLiveSrc:lead ahead of time
 * @none: Whatever is there is handed out
 *
 * How fast data is handed out.
 *
 * Since: 0.1
 */
GType gst_p2p_live_pace_get_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(p2plive::Pace::stream), "At the stream's own pace, `lead` ahead of time",
       "stream"},
      {static_cast<int>(p2plive::Pace::none), "Whatever is there is handed out", "none"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstP2pLivePace", values);
  return type;
}

/**
 * GstP2pLiveLate:
 * @skip: Jump forward to #GstP2pLiveSrc:live-delay
 * @keep: Stay late until the CDN no longer has the data
 *
 * What happens when playback has fallen behind, after a pause or a stall.
 *
 * Since: 0.1
 */
GType gst_p2p_live_late_get_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(p2plive::Late::skip), "Jump forward to `live-delay`", "skip"},
      {static_cast<int>(p2plive::Late::keep), "Stay late until the CDN no longer has the data",
       "keep"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstP2pLiveLate", values);
  return type;
}
