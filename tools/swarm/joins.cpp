// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/joins.h"

#include <algorithm>

namespace p2plive::bench {

namespace {

using Requests = std::vector<const CdnRequest*>;

/// Bytes of `request` that one before it in the log had brought to another viewer.
std::uint64_t sent_before(const Requests& log, const CdnRequest* request) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
  for (const auto* other : log) {
    if (other == request)
      break;
    if (other->token != request->token)
      spans.emplace_back(other->offset, other->offset + other->bytes);
  }
  std::sort(spans.begin(), spans.end());
  std::uint64_t bytes = 0, at = request->offset, end = request->offset + request->bytes;
  for (auto [first, last] : spans) {
    first = std::max(first, at);
    last = std::min(last, end);
    if (first >= last)
      continue;
    bytes += last - first;
    at = last;
  }
  return bytes;
}

/// What the CDN's log has of the audience's media, by segment.
class Media {
public:
  explicit Media(const RunRecord& run) : run_(run) {
    std::map<std::string, MediaSequence> by_name;
    for (const auto& [sn, segment] : run.listed)
      if (segment.size)
        by_name[segment.name] = sn;
    std::set<std::string> audience;
    for (const auto& viewer : run.viewers)
      if (viewer.pair != Pair::alone)
        audience.insert(viewer.token);
    for (const auto& request : *run.cdn)
      if (auto found = by_name.find(request.path.substr(request.path.rfind('/') + 1));
          found != by_name.end() && request.status < 400 && audience.count(request.token))
        requests_[found->second].push_back(&request);
  }

  void measure(const ViewerRecord& viewer, JoinFigures& figures) const {
    double all = 0, extra = 0;
    for (const auto& [sn, requests] : requests_)
      for (const auto* request : requests)
        if (request->token == viewer.token && request->at < viewer.asked + pair_stays) {
          auto size = static_cast<double>(run_.listed.at(sn).size);
          all += static_cast<double>(request->bytes) / size;
          extra += static_cast<double>(sent_before(requests, request)) / size;
        }
    auto seconds = std::chrono::duration<double>(run_.segment).count();
    figures.cdn_seconds.push_back(all * seconds);
    figures.cdn_extra_seconds.push_back(extra * seconds);
  }

private:
  const RunRecord& run_;
  std::map<MediaSequence, Requests> requests_;
};

} // namespace

std::optional<double> JoinFigures::startup_byte_ratio() const {
  if (!startup_byte_ms_p50 || !cdn_only_startup_byte_ms_p50 || *cdn_only_startup_byte_ms_p50 <= 0)
    return std::nullopt;
  return *startup_byte_ms_p50 / *cdn_only_startup_byte_ms_p50;
}

JoinFigures join_figures(const RunRecord& run) {
  JoinFigures figures;
  std::optional<Media> media;
  if (run.cdn)
    media.emplace(run);
  std::vector<double> sharing, alone;
  for (const auto& viewer : run.viewers) {
    if (viewer.pair == Pair::none || viewer.left.value_or(run.end) < viewer.asked + pair_stays)
      continue;
    if (viewer.first_byte)
      (viewer.pair == Pair::alone ? alone : sharing)
          .push_back(
              std::chrono::duration<double, std::milli>(*viewer.first_byte - viewer.asked).count());
    if (viewer.pair == Pair::alone)
      continue;
    ++figures.count;
    figures.stalls += static_cast<unsigned>(viewer.stalls.size());
    if (media)
      media->measure(viewer, figures);
  }
  figures.startup_byte_ms_p50 = percentile(sharing, 0.5);
  figures.cdn_only_startup_byte_ms_p50 = percentile(alone, 0.5);
  return figures;
}

} // namespace p2plive::bench
