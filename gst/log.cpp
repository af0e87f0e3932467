// SPDX-License-Identifier: LGPL-2.1-or-later
#include "log.h"

#include <gst/gst.h>

#include <utility>

GST_DEBUG_CATEGORY_STATIC(playlist_category);
GST_DEBUG_CATEGORY_STATIC(cdn_category);
GST_DEBUG_CATEGORY_STATIC(peers_category);
GST_DEBUG_CATEGORY_STATIC(quality_category);

namespace p2plive::gst {
namespace {

GstDebugCategory* category_of(LogLine::Area area) {
  switch (area) {
  case LogLine::Area::playlist:
    return playlist_category;
  case LogLine::Area::cdn:
    return cdn_category;
  case LogLine::Area::peers:
    return peers_category;
  case LogLine::Area::quality:
    return quality_category;
  }
  return playlist_category;
}

GstDebugLevel level_of(LogLine::Level level) {
  switch (level) {
  case LogLine::Level::warning:
    return GST_LEVEL_WARNING;
  case LogLine::Level::info:
    return GST_LEVEL_INFO;
  case LogLine::Level::debug:
    break;
  }
  return GST_LEVEL_DEBUG;
}

} // namespace

void install_log() {
  GST_DEBUG_CATEGORY_INIT(playlist_category, "p2plivesrc-playlist", 0,
                          "p2plivesrc: playlists, and where they come from");
  GST_DEBUG_CATEGORY_INIT(cdn_category, "p2plivesrc-cdn", 0,
                          "p2plivesrc: segments and keys from the CDN");
  GST_DEBUG_CATEGORY_INIT(peers_category, "p2plivesrc-peers", 0,
                          "p2plivesrc: services and other viewers");
  GST_DEBUG_CATEGORY_INIT(quality_category, "p2plivesrc-quality", 0,
                          "p2plivesrc: from one quality to another");
}

std::function<void(const LogLine&)> log_of(std::string name) {
  return [name = std::move(name)](const LogLine& line) {
    GST_CAT_LEVEL_LOG_ID(category_of(line.area), level_of(line.level), name.c_str(), "%s",
                         line.text.c_str());
  };
}

} // namespace p2plive::gst
