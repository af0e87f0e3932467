// The viewer's way to its swarm: Index -> CPS -> Tracker.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/actions.h"
#include "core/events.h"
#include "net/http_client.h"
#include "net/timer.h"
#include "viewer/backoff.h"
#include "viewer/log.h"
#include "viewer/service_messages.h"
#include "viewer/whole_body.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace p2plive::viewer {

/// On the network thread. Whatever fails is tried again for ever, with capped exponential backoff;
/// playback does not depend on it.
class ServicesClient {
public:
  struct Events {
    std::function<void(const Services&)> found;     ///< the index answered; at every answer
    std::function<void(const core::Rid&)> resolved; ///< the CPS answered; once
    std::function<void(const core::TrackerAnswer&)> announced;
    std::function<void(std::optional<core::Duration> retry_after)> announce_failed;
  };
  struct Options {
    std::string index_uri;
    std::string agent; ///< program and version, for the operator's statistics
    core::PeerId self;
    core::Duration backoff_first = std::chrono::milliseconds(500);
    core::Duration backoff_most = std::chrono::seconds(30);
    Log log;
  };

  ServicesClient(GMainContext* context, net::HttpClient& http, Options options, Events events);

  void start();
  /// Whose RID is wanted: the media playlist's URI before redirects.
  void set_media_uri(std::string uri);
  /// After `resolved`; replaces an announce that is under way. `announced` or `announce_failed`
  /// follows, later.
  void announce(const core::Announce& announce);
  bool announcing() const { return announce_transfer_ != nullptr; }

  std::uint64_t body_bytes() const { return body_bytes_; } ///< of all replies

private:
  std::unique_ptr<net::HttpTransfer> post(const std::string& uri, Bytes body,
                                          std::function<void(WholeResult)> done);
  void ask_index();
  void index_answered(const WholeResult& result);
  void ask_index_soon();
  void ask_cps();
  void cps_answered(const WholeResult& result);
  void ask_tracker();
  void tracker_answered(const WholeResult& result);
  void say(const std::string& service, const std::string& uri, const WholeResult& result) const;
  bool tried_all(std::size_t& next, const std::vector<std::string>& uris);

  net::HttpClient& http_;
  Options options_;
  Events events_;
  Services services_;
  std::string media_uri_;
  std::optional<core::Rid> rid_;
  core::Announce announce_;

  Backoff index_backoff_;
  Backoff cps_backoff_;
  net::Timer index_timer_;
  net::Timer cps_timer_;
  net::Timer announce_timer_; ///< tells a failure later, not from within announce()
  std::size_t next_cps_ = 0;
  std::size_t next_tracker_ = 0;
  core::Time index_asked_{};
  std::uint64_t body_bytes_ = 0;
  std::unique_ptr<net::HttpTransfer> index_transfer_;
  std::unique_ptr<net::HttpTransfer> cps_transfer_;
  std::unique_ptr<net::HttpTransfer> announce_transfer_;
};

} // namespace p2plive::viewer
