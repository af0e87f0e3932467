// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stats.h"

#include <algorithm>

namespace p2plive::gst {
namespace {

void set_string(GstStructure* structure, const char* name, const std::string& value) {
  gst_structure_set(structure, name, G_TYPE_STRING, value.c_str(), nullptr);
}

void set_count(GstStructure* structure, const char* name, std::uint64_t value) {
  gst_structure_set(structure, name, G_TYPE_UINT64, static_cast<guint64>(value), nullptr);
}

void set_time(GstStructure* structure, const char* name, std::chrono::nanoseconds value) {
  set_count(structure, name, static_cast<std::uint64_t>(std::max<gint64>(0, value.count())));
}

} // namespace

GstStructure* to_structure(const ViewerStatistics& statistics) {
  auto* s = gst_structure_new_empty("application/x-p2plive-stats");
  set_string(s, "rid", statistics.rid);
  set_string(s, "peer-id", statistics.peer_id);
  gst_structure_set(s, "peers", G_TYPE_UINT, statistics.peers, nullptr);
  set_count(s, "bandwidth", statistics.bandwidth);
  set_count(s, "throughput", statistics.throughput);
  set_count(s, "switches", statistics.switches);
  set_count(s, "cdn-bytes", statistics.cdn_bytes);
  set_count(s, "peer-bytes", statistics.peer_bytes);
  set_count(s, "upload-bytes", statistics.upload_bytes);
  set_count(s, "delivered-bytes", statistics.delivered_bytes);
  set_count(s, "duplicate-bytes", statistics.duplicate_bytes);
  set_count(s, "overhead-bytes", statistics.overhead_bytes);
  set_count(s, "cdn-requests", statistics.cdn_requests);
  set_count(s, "cdn-errors", statistics.cdn_errors);
  set_time(s, "buffer-time", statistics.buffer_time);
  set_time(s, "delay", statistics.delay);
  set_time(s, "startup-time", statistics.startup_time);
  set_count(s, "starvations", statistics.starvations);
  set_time(s, "starved-time", statistics.starved_time);
  set_count(s, "pool-allocated", statistics.pool_allocated);
  set_count(s, "pool-reused", statistics.pool_reused);
  return s;
}

} // namespace p2plive::gst
