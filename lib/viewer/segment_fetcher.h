// Carries out the core's fetches: byte ranges of segments from the CDN.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "net/http_client.h"
#include "viewer/link_meter.h"
#include "viewer/log.h"
#include "viewer/mind.h"
#include "viewer/playlist_source.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace p2plive::viewer {

/// On the network thread. What a server answers is told to the core as it is: a server that ignores
/// ranges gives the whole segment from its start, and the head says so.
class SegmentFetcher {
public:
  using Locate = std::function<std::optional<ObjectLocation>(core::SequenceNumber)>;

  using Answered = std::function<void(const SegmentAnswer&)>;

  /// `answered` is told how each fetch ended that was not cancelled. `timeout` is without any
  /// progress.
  SegmentFetcher(net::HttpClient& http, Mind& mind, LinkMeter& meter, Locate locate,
                 Answered answered, std::chrono::milliseconds timeout, Log log = {});

  void fetch(const core::Fetch& fetch);
  void cancel(core::FetchId id);

private:
  struct EndUse {
    void operator()(LinkMeter* meter) const { meter->ended(now()); }
  };

  struct Transfer {
    std::unique_ptr<LinkMeter, EndUse> use; ///< the link carries it
    std::unique_ptr<net::HttpTransfer> http;
    std::optional<media::ByteRange> part;
    std::uint64_t skip = 0;            ///< bytes of the body before the segment
    std::optional<std::uint64_t> left; ///< bytes of the segment still to come, where known
    unsigned status = 0;               ///< of an answer that is media
    bool refused = false;              ///< failed by its status; the body is no media
  };

  void head(core::FetchId id, const net::HttpHead& head);
  void data(core::FetchId id, std::span<const std::uint8_t> bytes);
  void done(core::FetchId id);
  void broken(core::FetchId id, const net::HttpError& error);
  void fail(core::FetchId id, const core::FetchError& error);

  net::HttpClient& http_;
  Mind& mind_;
  LinkMeter& meter_;
  Locate locate_;
  Answered answered_;
  std::chrono::milliseconds timeout_;
  Log log_;
  std::unordered_map<core::FetchId, Transfer> transfers_;
};

} // namespace p2plive::viewer
