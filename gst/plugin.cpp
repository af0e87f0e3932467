// The plugin p2plive.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "p2plivesrc.h"
#include "tracer.h"

static gboolean plugin_init(GstPlugin* plugin) {
  return GST_ELEMENT_REGISTER(p2plivesrc, plugin) && p2plive::gst::register_tracer(plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, p2plive,
                  "Live streams partly from a CDN, partly from other viewers", plugin_init, VERSION,
                  "LGPL", PACKAGE, GST_PACKAGE_ORIGIN)
