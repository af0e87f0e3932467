// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/segment_fetcher.h"

#include "viewer/failure.h"
#include "viewer/public_uri.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

using core::Swarm;

namespace {

/// Of the body of a refusal, before its connection is given up.
constexpr std::uint64_t longest_refusal = 64 << 10;

} // namespace

SegmentFetcher::SegmentFetcher(net::HttpClient& http, Mind& mind, LinkMeter& meter, Locate locate,
                               Answered answered, std::chrono::milliseconds timeout, Log log)
    : http_(http), mind_(mind), meter_(meter), locate_(std::move(locate)),
      answered_(std::move(answered)), timeout_(timeout), log_(std::move(log)) {}

void SegmentFetcher::fetch(const core::Fetch& fetch) {
  auto id = fetch.id;
  auto location = locate_(fetch.sn);
  if (!location)
    return fail(id, {core::FetchFailure::not_found, {}, "the segment is not listed any more"});
  Transfer transfer;
  transfer.part = location->part;
  net::HttpRequest request;
  request.uri = location->uri;
  request.range = {fetch.first, fetch.last};
  request.timeout = timeout_;
  if (auto& part = transfer.part) {
    if (fetch.first >= part->length)
      return fail(id, {core::FetchFailure::out_of_range, part->length, "behind the byte range"});
    request.range = {part->offset + fetch.first,
                     part->offset + std::min(fetch.last, part->length - 1)};
  }
  net::HttpEvents events;
  events.head = [this, id](const net::HttpHead& answer) { head(id, answer); };
  events.data = [this, id](std::span<const std::uint8_t> bytes) { data(id, bytes); };
  events.done = [this, id] { done(id); };
  events.failed = [this, id](const net::HttpError& error) { broken(id, error); };
  log_.debug("Asking for bytes " + std::to_string(request.range->first) + " to " +
             std::to_string(request.range->last) + " of " + public_uri(request.uri));
  transfer.http = http_.start(std::move(request), std::move(events));
  transfers_[id] = std::move(transfer);
}

void SegmentFetcher::fail(core::FetchId id, const core::FetchError& error) {
  mind_.tell(&Swarm::fetch_failed, id, error);
}

void SegmentFetcher::cancel(core::FetchId id) {
  transfers_.erase(id);
}

void SegmentFetcher::head(core::FetchId id, const net::HttpHead& head) {
  auto found = transfers_.find(id);
  if (found == transfers_.end())
    return;
  auto& transfer = found->second;
  if (head.status != 200 && head.status != 206) {
    // Its body is left to arrive, and the connection can be used again.
    transfer.refused = true;
    transfer.left = longest_refusal;
    answered_(head.status);
    log_.warning("HTTP status " + std::to_string(head.status) + " for " + public_uri(head.uri));
    return mind_.tell(&Swarm::fetch_failed, id, to_fetch_error(head));
  }
  transfer.status = head.status;
  meter_.began(now());
  transfer.use.reset(&meter_);
  core::FetchHead answer{head.first, head.size, head.status == 200};
  if (auto& part = transfer.part) {
    answer.size = part->length;
    answer.first = head.first > part->offset ? head.first - part->offset : 0;
    transfer.skip = head.first < part->offset ? part->offset - head.first : 0;
    transfer.left = part->length > answer.first ? part->length - answer.first : 0;
  }
  mind_.tell(&Swarm::fetch_answered, id, answer);
}

void SegmentFetcher::data(core::FetchId id, std::span<const std::uint8_t> bytes) {
  auto found = transfers_.find(id);
  if (found == transfers_.end())
    return;
  auto& transfer = found->second;
  if (transfer.refused) {
    if (bytes.size() > *transfer.left)
      transfers_.erase(found);
    else
      *transfer.left -= bytes.size();
    return;
  }
  auto skipped = std::min<std::uint64_t>(transfer.skip, bytes.size());
  transfer.skip -= skipped;
  bytes = bytes.subspan(skipped);
  if (transfer.left) {
    bytes = bytes.first(std::min<std::uint64_t>(*transfer.left, bytes.size()));
    *transfer.left -= bytes.size();
  }
  if (bytes.empty())
    return;
  meter_.came(now(), bytes.size());
  mind_.tell(&Swarm::fetch_data, id, bytes);
}

void SegmentFetcher::done(core::FetchId id) {
  auto transfer = transfers_.extract(id);
  if (transfer.empty() || transfer.mapped().refused)
    return;
  answered_(transfer.mapped().status);
  mind_.tell(&Swarm::fetch_done, id);
}

void SegmentFetcher::broken(core::FetchId id, const net::HttpError& error) {
  auto transfer = transfers_.extract(id);
  if (transfer.empty() || transfer.mapped().refused)
    return;
  log_.warning("A segment could not be fetched: " + error.detail);
  answered_(tl::unexpected(error.kind));
  mind_.tell(&Swarm::fetch_failed, id, to_fetch_error(error));
}

} // namespace p2plive::viewer
