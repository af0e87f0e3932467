// Fresh URLs for a stream whose signed ones have expired: its master playlist, loaded again.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/clock.h"
#include "media/playlist.h"
#include "net/http_client.h"
#include "viewer/backoff.h"
#include "viewer/whole_body.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace p2plive::viewer {

/// On the network thread. CDNs sign URLs for a while: whoever got them from a master playlist is
/// refused some time later, in the middle of the stream, and would get good ones there again. It is
/// asked for them when the media playlist or a key is refused, or two segments in a row are; once,
/// then not before `first_interval`, and ever later, up to `longest_interval`, while that does not
/// help.
class UrlRenewal {
public:
  static constexpr auto first_interval = std::chrono::seconds(4);
  static constexpr auto longest_interval = std::chrono::seconds(60);
  /// In a row. One that has left the playlist may be refused; to wait for more than two costs the
  /// time that is left to play, for each is asked for later than the one before.
  static constexpr unsigned refused_segments = 2;

  using Renewed = std::function<void(const media::MasterPlaylist&)>;

  /// `uri` is the application's. `renewed` is called later, never from within the calls below.
  UrlRenewal(net::HttpClient& http, std::string uri, std::chrono::milliseconds timeout,
             Renewed renewed);

  /// Is this what a server says to a URL that it does not accept any more?
  static bool is_refusal(unsigned status);

  /// The media playlist, or a key.
  void refused() { ask(); }
  /// How the CDN answered a request for a segment.
  void segment_answered(unsigned status);

  std::uint64_t body_bytes() const { return body_bytes_; } ///< of all playlists received

private:
  void ask();
  void answered(const WholeResult& result);

  net::HttpClient& http_;
  std::string uri_;
  std::chrono::milliseconds timeout_;
  Renewed renewed_;
  Backoff backoff_{first_interval, longest_interval};
  core::Time not_before_{};
  unsigned refused_ = 0; ///< segments in a row
  std::uint64_t body_bytes_ = 0;
  std::unique_ptr<net::HttpTransfer> transfer_;
};

} // namespace p2plive::viewer
