// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/accounting.h"

#include <algorithm>
#include <cmath>

namespace p2plive::bench {

namespace {

using Set = std::set<MediaSequence>;

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double in_milliseconds(std::chrono::nanoseconds time) {
  return in_seconds(time) * 1e3;
}

bool inside(Instant at, const Window& window) {
  return at >= window.begin && at < window.end;
}

bool is_playlist(const std::string& path) {
  return path.size() > 5 && path.compare(path.size() - 5, 5, ".m3u8") == 0;
}

Set handed_out_whole(const ViewerRecord& viewer, Instant before) {
  Set result;
  for (const auto& segment : viewer.segments)
    if (!segment.last && segment.first_offset == 0 && segment.contiguous && segment.ended < before)
      result.insert(segment.sn);
  return result;
}

/// Bytes of segments of the set that a viewer got, also of those that a killed one had begun.
std::uint64_t delivered(const ViewerRecord& viewer, const Set& set) {
  std::uint64_t bytes = 0;
  for (const auto& segment : viewer.segments)
    if (set.count(segment.sn))
      bytes += segment.size;
  bool told = !viewer.segments.empty() && viewer.segments.back().last;
  if (!told && !viewer.samples.empty() && set.count(viewer.samples.back().sn) &&
      (viewer.segments.empty() || viewer.segments.back().sn != viewer.samples.back().sn))
    bytes += viewer.samples.back().sn_bytes;
  return bytes;
}

/// The last sample not after `at`; a viewer's figures start at zero.
Sample sample_at(const ViewerRecord& viewer, Instant at) {
  Sample result;
  for (const auto& sample : viewer.samples)
    if (sample.at <= at)
      result = sample;
  return result;
}

void count_cdn(Figures& figures, const RunRecord& run, const Window& window, const Set& set) {
  std::map<std::string, MediaSequence> by_name;
  std::uint64_t size = 0;
  for (auto sn : set)
    if (auto found = run.listed.find(sn); found != run.listed.end()) {
      by_name[found->second.name] = sn;
      size += found->second.size;
    }
  std::map<std::string, Instant> asked;
  for (const auto& viewer : run.viewers)
    asked[viewer.token] = viewer.asked;
  std::uint64_t base = 0, join = 0, playlists = 0;
  for (const auto& request : *run.cdn) {
    auto viewer = asked.find(request.token);
    if (viewer == asked.end())
      continue; // The run's own looking.
    if (is_playlist(request.path)) {
      playlists += inside(request.at, window) ? request.bytes : 0;
      continue;
    }
    if (request.status >= 400)
      continue;
    if (!by_name.count(request.path.substr(request.path.rfind('/') + 1)))
      continue;
    (request.at < viewer->second + run.joining ? join : base) += request.bytes;
  }
  figures.playlist_bytes = playlists;
  figures.cdn_segment_bytes = base + join;
  if (size) {
    figures.copies = static_cast<double>(base + join) / static_cast<double>(size);
    figures.copies_base = static_cast<double>(base) / static_cast<double>(size);
    figures.copies_join = static_cast<double>(join) / static_cast<double>(size);
  }
  if (figures.delivered_bytes)
    figures.offload =
        1 - static_cast<double>(base + join) / static_cast<double>(figures.delivered_bytes);
}

void count_stalls(Figures& figures, const RunRecord& run, const Window& window) {
  for (const auto& viewer : run.viewers) {
    for (const auto& stall : viewer.stalls)
      if (inside(stall.begun, window)) {
        ++figures.stalls;
        figures.starved_stalls += !stall.in_hand;
        figures.stall_seconds += in_seconds(stall.length);
      }
  }
}

void measure_startup(Figures& figures, const RunRecord& run, const Window& window) {
  std::vector<double> to_byte, to_frame;
  for (const auto& viewer : run.viewers) {
    if (!inside(viewer.asked, window))
      continue;
    if (viewer.first_byte)
      to_byte.push_back(in_milliseconds(*viewer.first_byte - viewer.asked));
    if (viewer.first_frame)
      to_frame.push_back(in_milliseconds(*viewer.first_frame - viewer.asked));
  }
  figures.startup_ms_p50 = percentile(to_frame, 0.5);
  figures.startup_ms_p95 = percentile(to_frame, 0.95);
  figures.startup_byte_ms_p50 = percentile(to_byte, 0.5);
  figures.startup_byte_ms_p95 = percentile(to_byte, 0.95);
}

void measure_delay(Figures& figures, const RunRecord& run, const Window& window) {
  std::vector<double> delays;
  for (const auto& viewer : run.viewers)
    for (const auto& frame : viewer.frames) {
      if (!inside(frame.at, window))
        continue;
      // The encoder's word where it is known, else what the element said.
      auto listed = run.listed.find(frame.sn);
      auto start =
          listed != run.listed.end() && listed->second.start ? listed->second.start : frame.start;
      if (start)
        delays.push_back(in_seconds(frame.wall - (*start + frame.offset)));
    }
  figures.delay_s = percentile(delays, 0.5);
}

void measure_shares(Figures& figures, const RunRecord& run, const Window& window) {
  std::uint64_t received = 0, duplicate = 0, overhead = 0;
  for (const auto& viewer : run.viewers) {
    auto from = sample_at(viewer, window.begin), to = sample_at(viewer, window.end);
    received += to.cdn_bytes + to.peer_bytes - from.cdn_bytes - from.peer_bytes;
    figures.peer_bytes += to.peer_bytes - from.peer_bytes;
    duplicate += to.duplicate_bytes - from.duplicate_bytes;
    overhead += to.overhead_bytes - from.overhead_bytes;
    figures.cdn_requests += to.cdn_requests - from.cdn_requests;
    figures.cdn_errors += to.cdn_errors - from.cdn_errors;
    figures.starvations += to.starvations - from.starvations;
  }
  if (!received)
    return;
  figures.duplicate_share = static_cast<double>(duplicate) / static_cast<double>(received);
  figures.overhead_share = static_cast<double>(overhead) / static_cast<double>(received);
}

void measure_load(Figures& figures, const RunRecord& run, const Window& window) {
  double cpu = 0, wall = 0, rss = 0;
  unsigned counted = 0;
  for (const auto& viewer : run.viewers) {
    const Load *first = nullptr, *last = nullptr;
    for (const auto& load : viewer.loads)
      if (inside(load.at, window)) {
        first = first ? first : &load;
        last = &load;
      }
    if (!first || first == last)
      continue;
    cpu += in_seconds(last->cpu - first->cpu);
    wall += in_seconds(last->at - first->at);
    rss += static_cast<double>(last->rss) / (1 << 20);
    ++counted;
  }
  if (!counted)
    return;
  figures.cpu_percent_per_viewer = 100 * cpu / wall;
  figures.rss_mib_per_viewer = rss / counted;
}

std::optional<double> rss_growth(const ViewerRecord& viewer, const Window& window) {
  std::vector<double> rss;
  for (const auto& load : viewer.loads)
    if (inside(load.at, window))
      rss.push_back(static_cast<double>(load.rss) / (1 << 20));
  auto tenth = static_cast<std::ptrdiff_t>(rss.size() / 10);
  if (!tenth)
    return std::nullopt;
  return *percentile({rss.end() - tenth, rss.end()}, 0.5) -
         *percentile({rss.begin(), rss.begin() + tenth}, 0.5);
}

void measure_memory(Figures& figures, const RunRecord& run, const Window& window) {
  for (const auto& viewer : run.viewers) {
    if (!viewer.continuous())
      continue;
    figures.pool_allocations = figures.pool_allocations.value_or(0) +
                               sample_at(viewer, window.end).pool_allocated -
                               sample_at(viewer, window.begin).pool_allocated;
    // An empty optional is less than any growth.
    figures.rss_growth_mib = std::max(figures.rss_growth_mib, rss_growth(viewer, window));
  }
}

/// Without those who are there to be compared with, and what they were sent.
RunRecord audience_of(const RunRecord& run) {
  auto result = run;
  std::set<std::string> alone;
  for (const auto& viewer : run.viewers)
    if (viewer.pair == Pair::alone)
      alone.insert(viewer.token);
  std::erase_if(result.viewers, [&](const auto& viewer) { return viewer.pair == Pair::alone; });
  if (result.cdn)
    std::erase_if(*result.cdn, [&](const auto& request) { return alone.count(request.token); });
  return result;
}

Figures figures_of(const RunRecord& run, const Window& window, const Set& set) {
  Figures figures;
  figures.seconds = in_seconds(window.end - window.begin);
  figures.segments = set.size();
  for (const auto& viewer : run.viewers) {
    if (viewer.asked < window.end && (!viewer.left || *viewer.left > window.begin))
      ++figures.viewers;
    figures.delivered_bytes += delivered(viewer, set);
  }
  if (run.cdn)
    count_cdn(figures, run, window, set);
  count_stalls(figures, run, window);
  measure_startup(figures, run, window);
  measure_delay(figures, run, window);
  measure_shares(figures, run, window);
  measure_load(figures, run, window);
  measure_memory(figures, run, window);
  return figures;
}

} // namespace

std::optional<double> percentile(std::vector<double> values, double share) {
  if (values.empty())
    return std::nullopt;
  std::sort(values.begin(), values.end());
  auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::set<MediaSequence> steady_set(const RunRecord& run, const Window& window) {
  std::optional<Set> common;
  for (const auto& viewer : run.viewers) {
    if (!viewer.continuous())
      continue;
    auto own = handed_out_whole(viewer, window.end);
    if (run.listed.empty()) // Then what was begun in the window counts.
      for (const auto& segment : viewer.segments)
        if (!inside(segment.begun, window))
          own.erase(segment.sn);
    if (!common) {
      common = std::move(own);
      continue;
    }
    Set both;
    std::set_intersection(common->begin(), common->end(), own.begin(), own.end(),
                          std::inserter(both, both.end()));
    common = std::move(both);
  }
  Set result = common.value_or(Set{});
  if (!run.listed.empty())
    std::erase_if(result, [&](MediaSequence sn) {
      auto found = run.listed.find(sn);
      return found == run.listed.end() || !inside(found->second.first_listed, window);
    });
  return result;
}

Figures steady_figures(const RunRecord& run, const Window& window) {
  return figures_of(audience_of(run), window, steady_set(run, window));
}

Figures whole_figures(const RunRecord& everybody) {
  auto run = audience_of(everybody);
  Set set;
  for (const auto& viewer : run.viewers) {
    for (const auto& segment : viewer.segments)
      set.insert(segment.sn);
    if (!viewer.samples.empty() && viewer.samples.back().sn_bytes)
      set.insert(viewer.samples.back().sn);
  }
  if (run.cdn)
    for (const auto& [sn, segment] : run.listed)
      for (const auto& request : *run.cdn)
        if (request.path.substr(request.path.rfind('/') + 1) == segment.name)
          set.insert(sn);
  return figures_of(run, {run.begin, run.end + std::chrono::hours(1)}, set);
}

} // namespace p2plive::bench
