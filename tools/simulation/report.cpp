// The outcome as JSON and in words.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/json_writer.h"
#include "simulation/simulation.h"

#include <array>
#include <cstdio>

namespace p2plive::simulation {

namespace {

double milliseconds(core::Duration time) {
  return core::seconds(time) * 1e3;
}

void put(console::JsonWriter& json, const sim::Figures& figures) {
  json.member("segments", figures.segments);
  json.member("delivered_bytes", figures.delivered_bytes);
  json.member("cdn_segment_bytes", figures.cdn_segment_bytes);
  json.member("offload", figures.offload);
  json.member("copies", figures.copies);
  json.member("copies_base", figures.copies_base);
  json.member("copies_join", figures.copies_join);
  json.member("starvations", figures.starvations);
  json.member("stall_seconds", figures.starved);
  json.member("stall_share", figures.stall_share);
  json.member("startup_byte_ms_p50", milliseconds(figures.startup_p50));
  json.member("startup_byte_ms_p95", milliseconds(figures.startup_p95));
  json.member("delay_s", figures.delay);
  json.member("duplicate_share", figures.duplicate_share);
  json.member("overhead_share", figures.overhead_share);
}

std::vector<double> copies_of(const sim::Figures& figures) {
  std::vector<double> copies;
  for (const auto& [sn, count] : figures.copies_by_segment)
    copies.push_back(count);
  return copies;
}

} // namespace

std::string to_json(const Options& options, const Outcome& outcome) {
  console::JsonWriter json;
  json.begin_object();
  json.member("valid", outcome.valid());
  json.member("why", outcome.why);
  json.member("viewers", options.audience.viewers);
  json.member("seed", options.seed);
  json.member("events", outcome.events);
  json.member("digest", std::to_string(outcome.digest));
  json.begin_object("steady");
  json.member("viewers", outcome.steady.viewers);
  json.member("seconds", outcome.seconds);
  put(json, outcome.steady);
  json.member("copies_by_segment", copies_of(outcome.steady));
  json.end_object();
  json.member("cdn_rate_by_second", outcome.cdn_rate);
  json.end_object();
  return json.text();
}

std::string to_words(const Outcome& outcome) {
  const auto& figures = outcome.steady;
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(),
                "The CDN sent the stream %.2f times to %zu viewers (%.2f to those who stayed, %.2f "
                "to those who came).\n"
                "They starved %.3f %% of the time (%llu times).\n"
                "Received twice: %.1f %%; messages beside the media: %.1f %%.\n"
                "What viewers saw was %.1f s old.\n",
                figures.copies, figures.viewers, figures.copies_base, figures.copies_join,
                100 * figures.stall_share, static_cast<unsigned long long>(figures.starvations),
                100 * figures.duplicate_share, 100 * figures.overhead_share, figures.delay);
  std::string words(text.data());
  for (const auto& reason : outcome.why)
    words += "This run does not count: " + reason + ".\n";
  return words;
}

} // namespace p2plive::simulation
