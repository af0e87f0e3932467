// SPDX-License-Identifier: LGPL-2.1-or-later
#include "simulation/report.h"

#include "console/format.h"

namespace p2plive::simulation {

namespace {

using console::format;
using console::JsonWriter;

void put(JsonWriter& json, const std::string& name,
         const std::optional<sim::Percentiles>& percentiles, double unit = 1) {
  std::optional<double> p50, p95, p99;
  if (percentiles) {
    p50 = percentiles->p50 * unit;
    p95 = percentiles->p95 * unit;
    p99 = percentiles->p99 * unit;
  }
  json.member(name + "_p50", p50);
  json.member(name + "_p95", p95);
  json.member(name + "_p99", p99);
}

void put_experience(JsonWriter& json, const sim::Figures& figures) {
  json.member("stalls", figures.stalls);
  json.member("stall_seconds", figures.stalled);
  json.member("stall_share", figures.stall_share);
  put(json, "viewer_stall_share", figures.viewer_stall_share);
  put(json, "startup_byte_ms", figures.startup, 1e3);
  json.member("delay_s", figures.delay ? std::optional(figures.delay->p50) : std::nullopt);
  put(json, "delay_s", figures.delay);
  put(json, "viewer_cdn_share", figures.viewer_cdn_share);
  json.member("duplicate_share", figures.duplicate_share);
  json.member("overhead_share", figures.overhead_share);
  json.member("peer_bytes", figures.peer_bytes);
  json.member("cdn_requests", figures.cdn_requests);
  json.member("cdn_errors", figures.cdn_errors);
  json.member("playlist_requests", figures.playlist_requests);
  json.member("starvations", figures.starvations);
  json.member("starved_seconds", figures.starved);
  json.member("starved_share", figures.starved_share);
}

/// `window`: by copies to whom is told.
void put(JsonWriter& json, const sim::Figures& figures, double seconds, bool window) {
  json.member("viewers", figures.viewers);
  if (window)
    json.member("continuous_viewers", figures.continuous);
  json.member("seconds", seconds);
  json.member("segments", figures.segments);
  json.member("delivered_bytes", figures.delivered_bytes);
  json.member("cdn_segment_bytes", figures.cdn_segment_bytes);
  json.member("offload", figures.offload);
  json.member("copies", figures.copies);
  if (window) {
    json.member("copies_base", figures.copies_base);
    json.member("copies_join", figures.copies_join);
    json.member("copies_least", figures.copies_least);
    json.member("playlist_polls_per_segment", figures.polls_per_segment);
  }
  put_experience(json, figures);
}

std::vector<double> copies_of(const sim::Figures& figures) {
  std::vector<double> copies;
  for (const auto& [sn, count] : figures.copies_by_segment)
    copies.push_back(count);
  return copies;
}

void put_crowd(JsonWriter& json, const Options& options, const Outcome& outcome) {
  json.begin_object("arrivals");
  json.member("seconds", core::seconds(options.audience.arrivals));
  json.member("cdn_rate_ratio", outcome.crowd.arriving);
  json.member("cdn_rate_ratio_peak", outcome.crowd.arriving_peak);
  json.member("cdn_rate_share_after", outcome.crowd.settled);
  json.member("cdn_rate_share_after_peak", outcome.crowd.settled_peak);
  json.end_object();
}

} // namespace

void put(JsonWriter& json, const Options& options, const Outcome& outcome) {
  json.member("valid", outcome.valid());
  json.member("why", outcome.why);
  json.member("audience", options.audience.viewers);
  json.member("seed", options.seed);
  json.member("events", outcome.events);
  json.member("digest", std::to_string(outcome.digest));
  put(json, outcome.whole, outcome.seconds, false);
  json.begin_object("steady");
  put(json, outcome.steady, outcome.steady_seconds, true);
  json.member("copies_by_segment", copies_of(outcome.steady));
  if (outcome.isolated.viewers > 0) {
    json.begin_object("isolated");
    put(json, outcome.isolated, outcome.steady_seconds, true);
    json.end_object();
  }
  json.end_object();
  put_crowd(json, options, outcome);
  json.member("cdn_rate_by_second", outcome.cdn_rate);
}

std::string to_json(const Options& options, const Outcome& outcome) {
  JsonWriter json;
  json.begin_object();
  put(json, options, outcome);
  json.end_object();
  return json.text();
}

std::string to_words(const Outcome& outcome) {
  const auto& figures = outcome.steady;
  auto words =
      format("The CDN sent the stream %.2f times to %zu viewers (%.2f to those who stayed, "
             "%.2f to those who came).\n",
             figures.copies, figures.viewers, figures.copies_base, figures.copies_join);
  words += format("They stalled %u times, %.3f %% of the time, and starved %.3f %% (%llu times).\n",
                  figures.stalls, 100 * figures.stall_share, 100 * figures.starved_share,
                  static_cast<unsigned long long>(figures.starvations));
  words += format("Received twice: %.1f %%; messages beside the media: %.1f %%.\n",
                  100 * figures.duplicate_share, 100 * figures.overhead_share);
  if (figures.delay)
    words += format("What viewers saw was %.1f s old.\n", figures.delay->p50);
  if (outcome.isolated.viewers > 0)
    words += format("%zu others, whom nobody reaches, got %.2f copies and stalled %.3f %% of the "
                    "time.\n",
                    outcome.isolated.viewers, outcome.isolated.copies,
                    100 * outcome.isolated.stall_share);
  for (const auto& reason : outcome.why)
    words += "This run does not count: " + reason + ".\n";
  return words;
}

} // namespace p2plive::simulation
