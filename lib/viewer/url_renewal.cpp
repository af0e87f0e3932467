// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/url_renewal.h"

#include "media/playlist_limits.h"
#include "viewer/now.h"

#include <string_view>
#include <utility>

namespace p2plive::viewer {

UrlRenewal::UrlRenewal(net::HttpClient& http, std::string uri, std::chrono::milliseconds timeout,
                       Renewed renewed)
    : http_(http), uri_(std::move(uri)), timeout_(timeout), renewed_(std::move(renewed)) {}

bool UrlRenewal::is_refusal(unsigned status) {
  return status == 401 || status == 403 || status == 410;
}

void UrlRenewal::segment_answered(unsigned status) {
  if (status == 200 || status == 206) {
    refused_ = 0;
    backoff_.reset();
  } else if (is_refusal(status) && ++refused_ >= refused_segments) {
    ask();
  }
}

void UrlRenewal::ask() {
  if (transfer_ || now() < not_before_)
    return;
  not_before_ = now() + backoff_.next();
  refused_ = 0;
  net::HttpRequest request;
  request.uri = uri_;
  request.limit = media::max_playlist_size;
  request.timeout = timeout_;
  transfer_ = fetch_whole(http_, std::move(request),
                          [this](const WholeResult& result) { answered(result); });
}

/// Whatever fails here is no error: who is still refused will ask again.
void UrlRenewal::answered(const WholeResult& result) {
  transfer_.reset();
  if (!result)
    return;
  const auto& [head, body] = *result;
  body_bytes_ += body.size();
  if (head.status != 200)
    return;
  std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  const auto parsed = media::parse_playlist(text, head.uri.empty() ? uri_ : head.uri);
  if (!parsed)
    return;
  if (const auto* master = std::get_if<media::MasterPlaylist>(&*parsed))
    renewed_(*master);
}

} // namespace p2plive::viewer
