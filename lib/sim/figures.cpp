// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/figures.h"

#include "sim/least_copies.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace p2plive::sim {

namespace {

std::set<std::size_t> continuous(const Viewers& viewers, const Snapshot& since) {
  auto out = since.watching;
  std::erase_if(out, [&](std::size_t index) { return !viewers[index]->watching(); });
  return out;
}

/// A segment counts when it was listed in the window and everybody has played it whole.
bool counts(const Segment& segment, const std::set<std::size_t>& base, const Scene& scene,
            const Snapshot& since) {
  const auto& cdn = scene.cdn;
  if (segment.edge != 0 || segment.epoch != cdn.epoch() || cdn.listed_at(segment.sn) < since.at)
    return false;
  return std::all_of(base.begin(), base.end(), [&](std::size_t index) {
    const auto& played = scene.viewers[index]->played();
    auto found = played.find(segment);
    return found != played.end() && found->second.bytes == cdn.size(segment);
  });
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

/// At any time of the window.
bool was_there(const SimViewer& viewer, const Scene& scene, const Snapshot& since) {
  const auto& sinks = scene.sinks.sinks();
  return viewer.index() < sinks.size() && sinks[viewer.index()].seen > since.at;
}

/// Everybody who was there at any time of the window may have given to those who were there all the
/// time.
double least(const std::set<std::size_t>& base, const Scene& scene, const Snapshot& since,
             Group group, double bitrate) {
  std::vector<Access> takers, givers;
  for (auto index : base)
    if (belongs(*scene.viewers[index], group))
      takers.push_back(scene.viewers[index]->access());
  for (const auto& viewer : scene.viewers)
    if (was_there(*viewer, scene, since))
      if (auto line = viewer->giving())
        givers.push_back(*line);
  return least_copies(takers, givers, bitrate);
}

void count_copies(Figures& figures, const Scene& scene, const Snapshot& since, Group group) {
  auto base = continuous(scene.viewers, since);
  figures.continuous = static_cast<std::size_t>(std::ranges::count_if(
      base, [&](std::size_t index) { return belongs(*scene.viewers[index], group); }));
  std::uint64_t sizes = 0, to_base = 0, to_others = 0;
  for (const auto& [segment, by_viewer] : scene.cdn.log()) {
    if (!counts(segment, base, scene, since))
      continue;
    ++figures.segments;
    auto size = scene.cdn.size(segment);
    sizes += size;
    std::uint64_t sent = 0;
    for (const auto& [viewer, bytes] : by_viewer) {
      if (!belongs(*scene.viewers[viewer], group))
        continue;
      (base.contains(viewer) ? to_base : to_others) += bytes;
      sent += bytes;
    }
    figures.copies_by_segment.emplace_back(segment.sn, ratio(sent, size));
    for (const auto& viewer : scene.viewers)
      if (auto played = viewer->played().find(segment);
          played != viewer->played().end() && belongs(*viewer, group))
        figures.delivered_bytes += played->second.bytes;
  }
  figures.copies_base = ratio(to_base, sizes);
  figures.copies_join = ratio(to_others, sizes);
  figures.copies = figures.copies_base + figures.copies_join;
  if (sizes > 0) {
    auto lasted =
        core::seconds(scene.cdn.segment_duration()) * static_cast<double>(figures.segments);
    figures.copies_least =
        least(base, scene, since, group, static_cast<double>(sizes) * 8 / lasted);
  }
  figures.cdn_segment_bytes = to_base + to_others;
  figures.offload = 1 - ratio(figures.cdn_segment_bytes, figures.delivered_bytes);
}

/// A segment is made in the time that it lasts.
void count_polls(Figures& figures, const Scene& scene, const Snapshot& since, Time now,
                 Group group) {
  std::uint64_t polls = 0;
  for (auto index : continuous(scene.viewers, since))
    if (belongs(*scene.viewers[index], group))
      polls += scene.viewers[index]->polls() - since.viewers[index].polls;
  auto made = core::seconds(now - since.at) / core::seconds(scene.cdn.segment_duration());
  figures.polls_per_segment =
      ratio(static_cast<double>(polls), static_cast<double>(figures.continuous) * made);
}

/// What viewers had, put together.
class Experience {
public:
  explicit Experience(Figures& figures) : figures_(figures) {}

  void add(const SimViewer& viewer, const SinkWatch::Sink& sink, const Snapshot::Viewer& before,
           Time now) {
    ++figures_.viewers;
    bool here = viewer.watching();
    auto watched =
        core::seconds(sink.watched - before.watched + (here ? now - sink.seen : Duration{}));
    auto stalled = core::seconds(sink.stalled - before.stalled);
    watched_ += watched;
    calls_ += viewer.calls() - before.calls;
    figures_.playlist_requests += viewer.polls() - before.polls;
    figures_.stalls += sink.stalls - before.stalls;
    figures_.stalled += stalled;
    figures_.worst_delay = std::max(figures_.worst_delay, viewer.worst_delay());
    if (watched > 0)
      stall_shares_.push_back(stalled / watched);
    delays_.insert(delays_.end(), sink.delays.begin() + static_cast<std::ptrdiff_t>(before.looks),
                   sink.delays.end());
    add(here ? viewer.swarm().statistics() : sink.last, before.statistics);
  }

  void finish() {
    figures_.stall_share = ratio(figures_.stalled, watched_);
    figures_.starved_share = ratio(figures_.starved, watched_);
    figures_.viewer_stall_share = percentiles(std::move(stall_shares_));
    figures_.viewer_cdn_share = percentiles(std::move(cdn_shares_));
    figures_.startup = percentiles(std::move(startups_));
    figures_.delay = percentiles(std::move(delays_));
    figures_.duplicate_share = ratio(duplicate_, media_);
    figures_.overhead_share = ratio(overhead_, media_);
    figures_.calls_per_second = ratio(static_cast<double>(calls_), watched_);
  }

private:
  void add(const core::Statistics& after, const core::Statistics& before) {
    auto from_cdn = after.cdn_bytes - before.cdn_bytes;
    auto from_peers = after.peer_bytes - before.peer_bytes;
    media_ += from_cdn + from_peers;
    duplicate_ += after.duplicate_bytes - before.duplicate_bytes;
    overhead_ += after.overhead_bytes - before.overhead_bytes;
    figures_.peer_bytes += from_peers;
    figures_.cdn_requests += after.cdn_requests - before.cdn_requests;
    figures_.cdn_errors += after.cdn_errors - before.cdn_errors;
    figures_.starvations += after.starvations - before.starvations;
    figures_.starved += core::seconds(after.starved_time - before.starved_time);
    figures_.worst_startup = std::max(figures_.worst_startup, after.startup_time);
    if (from_cdn + from_peers > 0)
      cdn_shares_.push_back(ratio(from_cdn, from_cdn + from_peers));
    if (after.startup_time > 0ns)
      startups_.push_back(core::seconds(after.startup_time));
  }

  Figures& figures_;
  double watched_ = 0; ///< seconds
  std::uint64_t media_ = 0, duplicate_ = 0, overhead_ = 0, calls_ = 0;
  std::vector<double> stall_shares_, cdn_shares_, startups_, delays_;
};

} // namespace

bool belongs(const SimViewer& viewer, Group group) {
  return group == Group::all || (viewer.access().nat == Nat::blocked) == (group == Group::isolated);
}

Snapshot Snapshot::of(const Viewers& viewers, const SinkWatch& sinks, Time now) {
  Snapshot out;
  out.at = now;
  for (const auto& viewer : viewers) {
    auto& then = out.viewers.emplace_back();
    then.calls = viewer->calls();
    then.polls = viewer->polls();
    if (viewer->index() < sinks.sinks().size()) {
      const auto& sink = sinks.sinks()[viewer->index()];
      then.statistics = sink.last;
      then.watched = sink.watched;
      then.stalls = sink.stalls;
      then.stalled = sink.stalled;
      then.looks = sink.delays.size();
    }
    if (viewer->watching()) {
      out.watching.insert(viewer->index());
      then.statistics = viewer->swarm().statistics();
    }
  }
  return out;
}

Figures measure(const Scene& scene, const Snapshot& since, Time now, Group group) {
  Figures figures;
  count_copies(figures, scene, since, group);
  count_polls(figures, scene, since, now, group);
  Experience experience(figures);
  for (const auto& viewer : scene.viewers) {
    auto index = viewer->index();
    if (belongs(*viewer, group) && was_there(*viewer, scene, since))
      experience.add(*viewer, scene.sinks.sinks()[index],
                     index < since.viewers.size() ? since.viewers[index] : Snapshot::Viewer{}, now);
  }
  experience.finish();
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
  add("stalls", stalls);
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
