// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim/sim_cdn.h"

#include "core/mix.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace p2plive::sim {

namespace {
constexpr std::uint64_t slice = 16 * 1024;
constexpr std::size_t most_made = 64;
/// The stream has been running for longer than anybody looks back.
constexpr Duration running_before = 60s;
} // namespace

SimCdn::SimCdn(EventQueue& queue, SimNetwork& network, const CdnSettings& settings,
               std::uint64_t seed)
    : queue_(queue), network_(network), settings_(settings), seed_(seed),
      first_number_(settings.first_number), began_(queue.now() - running_before),
      first_second_(queue.now()) {}

void SimCdn::restart_encoder() {
  ++epoch_;
  first_number_ = 0;
  began_ = queue_.now();
}

std::optional<core::Listing> SimCdn::listing() const {
  if (fails)
    return {};
  core::Listing listing{settings_.segment, false, {}};
  auto since = queue_.now() - settings_.publishing - began_;
  auto whole = since > 0s ? static_cast<std::uint64_t>(since / settings_.segment) : 0;
  for (auto n = whole > settings_.window ? whole - settings_.window : 0; n < whole; ++n)
    listing.segments.push_back({SequenceNumber{first_number_ + n}, settings_.segment, 0,
                                wall(began_ + n * settings_.segment), false});
  return listing;
}

Time SimCdn::listed_at(std::uint64_t sn) const {
  return began_ + (sn - first_number_ + 1) * settings_.segment + settings_.publishing;
}

std::uint64_t SimCdn::size(const Segment& segment) const {
  auto hash = core::mix(core::mix(core::mix(seed_, segment.sn), segment.epoch), segment.edge);
  auto share = 1 + settings_.variation * (static_cast<double>(hash % 2'001) / 1'000 - 1);
  auto size = static_cast<double>(settings_.bitrate) / 8 * core::seconds(settings_.segment) * share;
  return static_cast<std::uint64_t>(size) / 188 * 188;
}

std::span<const std::uint8_t> SimCdn::content(const Segment& segment) {
  if (auto found = made_.find(segment); found != made_.end())
    return found->second;
  if (made_.size() >= most_made)
    made_.erase(made_.begin());
  auto& bytes = made_[segment];
  bytes.resize(size(segment));
  auto word = core::mix(core::mix(core::mix(~seed_, segment.sn), segment.epoch), segment.edge);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof word) {
    word = word * 6364136223846793005u + 1442695040888963407u;
    std::memcpy(bytes.data() + at, &word, std::min(sizeof word, bytes.size() - at));
  }
  return bytes;
}

void SimCdn::fetch(Viewer viewer, const PeerId& line, const core::Fetch& fetch, Sink sink) {
  Key key{viewer, fetch.id};
  Segment segment{core::number(fetch.sn), epoch_, on_second_edge.contains(viewer) ? 1u : 0u};
  under_way_[key] = Answer{segment, fetch.first, fetch.last + 1, line, std::move(sink)};
  ++requests_;
  queue_.after(settings_.latency, [this, key, fetch] { begin(key, fetch); });
}

void SimCdn::begin(const Key& key, const core::Fetch& fetch) {
  auto found = under_way_.find(key);
  if (found == under_way_.end())
    return;
  auto& answer = found->second;
  auto whole = size(answer.segment);
  bool listed = answer.segment.epoch == epoch_ && answer.segment.sn >= first_number_ &&
                listed_at(answer.segment.sn) <= queue_.now();
  bool lost = without_thirds.contains(key.first) && answer.segment.sn % 3 == 0;
  std::optional<core::FetchError> error;
  if (fails)
    error = {core::FetchFailure::server, {}, "503"};
  else if (!listed || lost)
    error = {core::FetchFailure::not_found, {}, "404"};
  else if (fetch.first >= whole && !ignores_ranges)
    error = {core::FetchFailure::out_of_range, whole, "416"};
  if (error) {
    auto sink = std::move(answer.sink);
    under_way_.erase(found);
    sink.failed(*error);
    return;
  }
  answer.end = ignores_ranges ? whole : std::min(answer.end, whole);
  answer.next = ignores_ranges ? 0 : answer.next;
  auto answered = answer.sink.answered;
  answered({answer.next, whole});
  send_slice(key);
}

void SimCdn::send_slice(const Key& key) {
  auto found = under_way_.find(key);
  if (found == under_way_.end())
    return;
  auto& answer = found->second;
  auto bytes = std::min(slice, answer.end - answer.next);
  log_[answer.segment][key.first] += bytes;
  auto second = static_cast<std::size_t>((queue_.now() - first_second_) / 1s);
  by_second_.resize(std::max(by_second_.size(), second + 1));
  by_second_[second] += bytes;
  auto at = network_.receive(answer.line, bytes);
  queue_.at(at, [this, key, bytes] {
    auto found = under_way_.find(key);
    if (found == under_way_.end())
      return;
    auto& answer = found->second;
    auto sink = answer.sink;
    auto piece = content(answer.segment).subspan(answer.next, bytes);
    answer.next += bytes;
    bool last = answer.next == answer.end;
    if (last)
      under_way_.erase(found);
    sink.data(piece);
    if (last)
      sink.done();
    else
      send_slice(key);
  });
}

void SimCdn::forget(Viewer viewer) {
  std::erase_if(under_way_, [&](const auto& entry) { return entry.first.first == viewer; });
}

} // namespace p2plive::sim
