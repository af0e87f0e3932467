// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/failure.h"

#include "viewer/public_uri.h"

namespace p2plive::viewer {

namespace {

using Kind = Error::Kind;
using HttpKind = net::HttpError::Kind;

std::string status_text(unsigned status) {
  return "HTTP status " + std::to_string(status);
}

} // namespace

Error playlist_failure(const std::string& uri, const net::HttpError& error) {
  switch (error.kind) {
  case HttpKind::resolve:
    return {Kind::open,
            "The host's name cannot be resolved; check the URI and the network: " + public_uri(uri),
            error.detail};
  case HttpKind::connect:
    return {Kind::open, "The server cannot be reached; check that it runs: " + public_uri(uri),
            error.detail};
  case HttpKind::tls:
    return {Kind::open, "The server's certificate or its TLS is not acceptable: " + public_uri(uri),
            error.detail};
  case HttpKind::too_large:
    return {Kind::format, "What the URI names is far too large for a playlist: " + public_uri(uri),
            error.detail};
  case HttpKind::bad_uri:
    return {Kind::settings,
            "The URI cannot be used; write it as http://host/path: " + public_uri(uri),
            error.detail};
  case HttpKind::timed_out:
    return {Kind::read, "The server does not answer; try again later: " + public_uri(uri),
            error.detail};
  case HttpKind::redirects:
    return {Kind::read, "The server redirects without end: " + public_uri(uri), error.detail};
  case HttpKind::reset:
  case HttpKind::truncated:
    break;
  }
  return {Kind::read, "The server breaks off its answers; try again later: " + public_uri(uri),
          error.detail};
}

Error playlist_failure(const std::string& uri, unsigned status) {
  switch (status) {
  case 404:
  case 410:
    return {Kind::not_found, "There is no such stream; check the URI: " + public_uri(uri),
            status_text(status)};
  case 401:
  case 403:
    return {Kind::not_authorized,
            "The server does not allow this stream; check the token or the login: " +
                public_uri(uri),
            status_text(status)};
  default:
    return {Kind::read,
            "The server cannot give the playlist at present; try again later: " + public_uri(uri),
            status_text(status)};
  }
}

Error playlist_failure(const std::string& uri, const media::PlaylistError& error) {
  auto what = error.kind == media::PlaylistError::Kind::html
                  ? "The URI leads to a web page, not to an HLS playlist; check it: "
                  : "What the URI leads to is no HLS playlist that can be played: ";
  return {Kind::format, what + public_uri(uri), error.message};
}

Error key_failure(const std::string& uri, const net::HttpError& error) {
  return {Kind::read,
          "The stream is encrypted, and the server of its key does not answer; try again later: " +
              public_uri(uri),
          error.detail};
}

Error key_failure(const std::string& uri, unsigned status) {
  if (status == 401 || status == 403)
    return {Kind::not_authorized,
            "The stream is encrypted, and its key is not given to you; check the token or the "
            "login: " +
                public_uri(uri),
            status_text(status)};
  return {Kind::read,
          "The stream is encrypted, and its key cannot be had at present: " + public_uri(uri),
          status_text(status)};
}

Error bad_key(const std::string& uri, std::size_t size) {
  return {Kind::format,
          "The stream is encrypted, and what its playlist names as key is none: " + public_uri(uri),
          std::to_string(size) + " bytes instead of 16"};
}

Warning missing_init(const std::string& uri, std::uint64_t from, std::uint64_t until) {
  return {"A part of the stream is left out: the server does not have what its playlist names as "
          "its beginning (EXT-X-MAP): " +
              public_uri(uri),
          "segments " + std::to_string(from) + " to " + std::to_string(until - 1)};
}

Error stream_failure(const core::FetchError& error) {
  switch (error.failure) {
  case core::FetchFailure::not_found:
    return {Kind::not_found, "The playlist lists segments that the server does not have.",
            error.detail};
  case core::FetchFailure::not_authorized:
    return {Kind::not_authorized,
            "The server gives the playlist, but does not allow its segments; check the token.",
            error.detail};
  default:
    return {Kind::read, "The stream's server has failed for too long; try again later.",
            error.detail};
  }
}

core::FetchError to_fetch_error(const net::HttpError& error) {
  using core::FetchFailure;
  auto failure = FetchFailure::connection;
  if (error.kind == HttpKind::timed_out)
    failure = FetchFailure::timed_out;
  else if (error.kind == HttpKind::too_large || error.kind == HttpKind::redirects)
    failure = FetchFailure::server;
  else if (error.kind == HttpKind::bad_uri)
    failure = FetchFailure::not_found;
  return {failure, {}, error.detail};
}

core::FetchError to_fetch_error(const net::HttpHead& head) {
  using core::FetchFailure;
  auto detail = status_text(head.status) + " for " + public_uri(head.uri);
  switch (head.status) {
  case 404:
  case 410:
    return {FetchFailure::not_found, {}, detail};
  case 401:
  case 403:
    return {FetchFailure::not_authorized, {}, detail};
  case 416:
    return {FetchFailure::out_of_range, head.size, detail};
  default:
    return {FetchFailure::server, {}, detail};
  }
}

} // namespace p2plive::viewer
