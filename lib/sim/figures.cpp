// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/figures.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace p2plive::sim {

namespace {

std::vector<const SimViewer*> continuous(const Viewers& viewers, const Snapshot& since) {
  std::vector<const SimViewer*> out;
  for (auto index : since.watching)
    if (viewers[index]->watching())
      out.push_back(viewers[index].get());
  return out;
}

/// A segment counts when it was listed in the window and everybody has played it whole.
bool counts(const Segment& segment, const std::vector<const SimViewer*>& base, const SimCdn& cdn,
            const Snapshot& since) {
  if (segment.edge != 0 || segment.epoch != cdn.epoch() || cdn.listed_at(segment.sn) < since.at)
    return false;
  return std::all_of(base.begin(), base.end(), [&](const SimViewer* viewer) {
    auto played = viewer->played().find(segment);
    return played != viewer->played().end() && played->second.bytes == cdn.size(segment);
  });
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

Duration percentile(std::vector<Duration> values, std::size_t percent) {
  if (values.empty())
    return {};
  auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * percent / 100);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void add_traffic(Figures& figures, const std::vector<const SimViewer*>& base, const Snapshot& since,
                 Time now) {
  double media = 0, duplicate = 0, overhead = 0, calls = 0, delays = 0;
  std::vector<Duration> startups;
  for (const auto* viewer : base) {
    const auto& before = since.statistics[viewer->index()];
    auto after = viewer->swarm().statistics();
    figures.starvations += after.starvations - before.starvations;
    figures.starved += core::seconds(after.starved_time - before.starved_time);
    media += static_cast<double>(after.cdn_bytes + after.peer_bytes - before.cdn_bytes -
                                 before.peer_bytes);
    duplicate += static_cast<double>(after.duplicate_bytes - before.duplicate_bytes);
    overhead += static_cast<double>(after.overhead_bytes - before.overhead_bytes);
    calls += static_cast<double>(viewer->calls() - since.calls[viewer->index()]);
    delays += core::seconds(after.delay);
    startups.push_back(after.startup_time);
    figures.worst_startup = std::max(figures.worst_startup, after.startup_time);
    figures.worst_delay = std::max(figures.worst_delay, viewer->worst_delay());
  }
  auto count = static_cast<double>(base.size());
  figures.stall_share = ratio(figures.starved, core::seconds(now - since.at) * count);
  figures.delay = ratio(delays, count);
  figures.startup_p50 = percentile(startups, 50);
  figures.startup_p95 = percentile(startups, 95);
  figures.duplicate_share = ratio(duplicate, media);
  figures.overhead_share = ratio(overhead, media);
  figures.calls_per_second = ratio(calls, core::seconds(now - since.at) * count);
}

} // namespace

Snapshot Snapshot::of(const Viewers& viewers, Time now) {
  Snapshot out;
  out.at = now;
  for (const auto& viewer : viewers) {
    bool here = viewer->watching();
    if (here)
      out.watching.insert(viewer->index());
    out.statistics.push_back(here ? viewer->swarm().statistics() : core::Statistics{});
    out.calls.push_back(viewer->calls());
  }
  return out;
}

Figures measure(const Viewers& viewers, const SimCdn& cdn, const Snapshot& since, Time now) {
  Figures figures;
  auto base = continuous(viewers, since);
  figures.viewers = base.size();
  double sizes = 0, to_base = 0, to_others = 0, handed_out = 0;
  for (const auto& [segment, by_viewer] : cdn.log()) {
    if (!counts(segment, base, cdn, since))
      continue;
    ++figures.segments;
    auto size = static_cast<double>(cdn.size(segment));
    sizes += size;
    double sent = 0;
    for (const auto& [viewer, bytes] : by_viewer) {
      bool is_base = since.watching.contains(viewer) && viewers[viewer]->watching();
      (is_base ? to_base : to_others) += static_cast<double>(bytes);
      sent += static_cast<double>(bytes);
    }
    figures.copies_by_segment.emplace_back(segment.sn, ratio(sent, size));
    for (const auto& viewer : viewers)
      if (auto played = viewer->played().find(segment); played != viewer->played().end())
        handed_out += static_cast<double>(played->second.bytes);
  }
  figures.copies_base = ratio(to_base, sizes);
  figures.copies_join = ratio(to_others, sizes);
  figures.copies = figures.copies_base + figures.copies_join;
  figures.offload = 1 - ratio(to_base + to_others, handed_out);
  figures.delivered_bytes = static_cast<std::uint64_t>(handed_out);
  figures.cdn_segment_bytes = static_cast<std::uint64_t>(to_base + to_others);
  add_traffic(figures, base, since, now);
  return figures;
}

std::string Figures::text() const {
  std::string out;
  auto add = [&](const char* name, double value) {
    std::array<char, 32> digits{};
    auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                             std::chars_format::fixed, 3);
    out += out.empty() ? "" : " ";
    out.append(name).append(" ").append(digits.data(), end.ptr);
  };
  add("viewers", static_cast<double>(viewers));
  add("segments", static_cast<double>(segments));
  add("copies", copies);
  add("base", copies_base);
  add("join", copies_join);
  add("offload", offload);
  add("starvations", static_cast<double>(starvations));
  add("starved", starved);
  add("duplicates", duplicate_share);
  add("overhead", overhead_share);
  add("startup", core::seconds(worst_startup));
  add("delay", core::seconds(worst_delay));
  add("calls/s", calls_per_second);
  return out;
}

} // namespace p2plive::sim
