// The outcome as JSON and in words.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/format.h"
#include "console/json_writer.h"
#include "swarm/outcome.h"

#include <cmath>

namespace p2plive::bench {

namespace {

using console::format;

void put(console::JsonWriter& json, const Figures& figures, const std::optional<double>& idle,
         const std::optional<unsigned>& verified) {
  json.member("viewers", figures.viewers);
  json.member("seconds", figures.seconds);
  json.member("segments", figures.segments);
  json.member("delivered_bytes", figures.delivered_bytes);
  json.member("cdn_segment_bytes", figures.cdn_segment_bytes);
  json.member("offload", figures.offload);
  json.member("copies", figures.copies);
  json.member("copies_base", figures.copies_base);
  json.member("copies_join", figures.copies_join);
  json.member("stalls", figures.stalls);
  json.member("starved_stalls", figures.starved_stalls);
  json.member("stall_seconds", figures.stall_seconds);
  json.member("startup_ms_p50", figures.startup_ms_p50);
  json.member("startup_ms_p95", figures.startup_ms_p95);
  json.member("startup_byte_ms_p50", figures.startup_byte_ms_p50);
  json.member("startup_byte_ms_p95", figures.startup_byte_ms_p95);
  json.member("delay_s", figures.delay_s);
  json.member("duplicate_share", figures.duplicate_share);
  json.member("overhead_share", figures.overhead_share);
  json.member("playlist_bytes", figures.playlist_bytes);
  json.member("cpu_percent_per_viewer", figures.cpu_percent_per_viewer);
  json.member("rss_mib_per_viewer", figures.rss_mib_per_viewer);
  json.member("pool_allocations", figures.pool_allocations);
  json.member("rss_growth_mib", figures.rss_growth_mib);
  json.member("verified_viewers", verified);
  json.member("peer_bytes", figures.peer_bytes);
  json.member("cdn_requests", figures.cdn_requests);
  json.member("cdn_errors", figures.cdn_errors);
  json.member("starvations", figures.starvations);
  json.member("idle_cpu_percent", idle);
}

void put(console::JsonWriter& json, const JoinFigures& figures) {
  json.member("count", figures.count);
  json.member("startup_byte_ms_p50", figures.startup_byte_ms_p50);
  json.member("cdn_only_startup_byte_ms_p50", figures.cdn_only_startup_byte_ms_p50);
  json.member("startup_byte_ratio", figures.startup_byte_ratio());
  json.member("cdn_seconds_p50", figures.cdn_seconds_p50());
  json.member("cdn_seconds_max", figures.cdn_seconds_max());
  json.member("cdn_seconds", figures.cdn_seconds);
  json.member("cdn_extra_seconds_p50", figures.cdn_extra_seconds_p50());
  json.member("cdn_extra_seconds_max", figures.cdn_extra_seconds_max());
  json.member("cdn_extra_seconds", figures.cdn_extra_seconds);
  json.member("stalls", figures.stalls);
}

std::string times(double count) {
  return format("%.2f times", count);
}

/// "0.5 %", and not "0 %" for what is not nothing.
std::string percent(double share) {
  return format(share < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * share);
}

std::string cdn_sentence(const Outcome& outcome) {
  const auto& figures = outcome.steady;
  if (!figures.copies || !figures.offload || *figures.offload >= 1)
    return "How often the CDN sent the stream is not known: " +
           std::string(outcome.options.uri.empty() ? "the run was too short.\n"
                                                   : "it is not this run's own CDN.\n");
  auto text = "The CDN sent the stream " + times(*figures.copies) + " to " +
              std::to_string(figures.viewers) + " viewers";
  if (figures.viewers > 1)
    text += format(" (without sharing: %.3g times; at best: once). That is %s less traffic",
                   *figures.copies / (1 - *figures.offload), percent(*figures.offload).c_str());
  return text + ".\n";
}

std::string stall_sentence(const Outcome& outcome) {
  if (outcome.whole.stalls == 0)
    return "Nobody stalled.\n";
  return format("Viewers stalled %u time%s, %.1f seconds in all.\n", outcome.whole.stalls,
                outcome.whole.stalls == 1 ? "" : "s", outcome.whole.stall_seconds);
}

std::string join_sentence(const JoinFigures& joins) {
  if (!joins.startup_byte_ratio())
    return "";
  auto text =
      format("Who joined late (%zu viewers) had the first byte after %.0f ms, %.2f times what "
             "it takes from the CDN alone",
             joins.count, *joins.startup_byte_ms_p50, *joins.startup_byte_ratio());
  if (joins.cdn_seconds_p50())
    text +=
        format(", and took %.1f s of the stream from the CDN (at most %.1f s), %.1f s of it (at "
               "most %.1f s) not for all",
               *joins.cdn_seconds_p50(), *joins.cdn_seconds_max(), *joins.cdn_extra_seconds_p50(),
               *joins.cdn_extra_seconds_max());
  return text + ".\n";
}

std::string further_sentences(const Outcome& outcome) {
  std::string text;
  const auto& whole = outcome.whole;
  if (whole.startup_ms_p50)
    text +=
        format("The first picture came after %.1f s (half of the viewers; 95 %% within %.1f s).\n",
               *whole.startup_ms_p50 / 1e3, *whole.startup_ms_p95 / 1e3);
  text += join_sentence(outcome.joins);
  if (auto delay = outcome.steady.delay_s ? outcome.steady.delay_s : whole.delay_s)
    text += format("What viewers saw was %.1f s old.\n", *delay);
  if (outcome.steady.duplicate_share)
    text += "Received twice: " + percent(*outcome.steady.duplicate_share) +
            "; messages beside the media: " + percent(*outcome.steady.overhead_share) + ".\n";
  if (outcome.steady.cpu_percent_per_viewer)
    text += format("A viewer took %.1f %% of a core and %.0f MiB.\n",
                   *outcome.steady.cpu_percent_per_viewer, *outcome.steady.rss_mib_per_viewer);
  if (outcome.verified)
    text += format("%u of %u viewers got, byte for byte, what the CDN serves.\n", *outcome.verified,
                   outcome.to_verify);
  return text;
}

} // namespace

std::string to_json(const Outcome& outcome) {
  console::JsonWriter json;
  json.begin_object();
  json.member("valid", outcome.valid());
  json.member("why", outcome.why);
  put(json, outcome.whole, outcome.idle_whole, outcome.verified);
  if (outcome.verified)
    json.member("verify_faults", outcome.verify_faults);
  if (outcome.options.joins) {
    json.begin_object("joins");
    put(json, outcome.joins);
    json.end_object();
  }
  json.begin_object("steady");
  put(json, outcome.steady, outcome.idle_steady, outcome.verified);
  json.end_object();
  json.end_object();
  return json.text();
}

std::string to_words(const Outcome& outcome) {
  std::string text = cdn_sentence(outcome) + stall_sentence(outcome) + further_sentences(outcome);
  for (const auto& fault : outcome.verify_faults)
    text += "Not verified: " + fault + "\n";
  if (!outcome.valid()) {
    text += "This run does not count:";
    for (const auto& reason : outcome.why)
      text += (&reason == &outcome.why.front() ? " " : "; ") + reason;
    text += ".\n";
  }
  for (const auto& trouble : outcome.troubles)
    text += trouble + (trouble.ends_with('\n') ? "" : "\n");
  return text;
}

} // namespace p2plive::bench
