// HTTP client of a viewer: playlists and segments from the CDN, posts to the services.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/http_identity.h"

typedef struct _GMainContext GMainContext;
typedef struct _GTlsDatabase GTlsDatabase;

namespace p2plive::net {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0; ///< inclusive
};

struct HttpRequest {
  std::string uri;                ///< absolute, http or https
  std::optional<ByteRange> range; ///< closed; the answer may still be the whole (status 200)
  std::optional<std::vector<std::uint8_t>> post;          ///< body; none: GET
  std::string content_type = "application/x-flatbuffers"; ///< of `post`
  std::string etag;                                       ///< If-None-Match, where not empty
  std::size_t limit = SIZE_MAX;              ///< a longer body is an error (Kind::too_large)
  std::chrono::milliseconds timeout{10'000}; ///< without any progress
};

struct HttpHead {
  unsigned status = 0;
  std::string uri; ///< after redirects
  std::string content_type;
  std::string etag;
  std::uint64_t first = 0; ///< 206: where the range begins; else 0
  std::optional<std::uint64_t>
      size; ///< of the whole resource: Content-Range, also of a 416, or Content-Length
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::chrono::seconds> age;
};

struct HttpError {
  enum class Kind {
    resolve,
    connect,
    tls,
    timed_out,
    reset,
    truncated,
    too_large,
    redirects,
    bad_uri
  } kind{};
  std::string detail;
};

/// What a transfer tells, on the context's thread: head, then body in pieces, then done; or failed
/// at any point. A status of 4xx or 5xx is a head, not an error. A callback may cancel its
/// transfer.
struct HttpEvents {
  std::function<void(const HttpHead&)> head;
  std::function<void(std::span<const std::uint8_t>)> data;
  std::function<void()> done;
  std::function<void(const HttpError&)> failed;
};

class HttpTransfer;

/// Asynchronous, keep-alive, HTTP/2 where the server speaks it over TLS, certificates verified,
/// gzip undone for requests without a range, redirects followed (at most 5). All calls, and its
/// destruction, on the context's thread.
class HttpClient {
public:
  struct Options {
    std::string user_agent;
    unsigned connections_per_host = 6;
    bool verify_tls = true;
    std::shared_ptr<GTlsDatabase> tls_database; ///< whose certificates are trusted; none: GIO's
    /// URI, with user and password in it where it asks for them; empty: as GIO finds it.
    std::string proxy;
    /// None: requests are anonymous, and cookies are ignored.
    std::optional<HttpIdentity> identity;
  };
  HttpClient(GMainContext* context, Options options);
  ~HttpClient(); ///< cancels what is under way; its events are not called any more
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Starts a transfer; the handle cancels it when destroyed. Events come later, never from within.
  std::unique_ptr<HttpTransfer> start(HttpRequest request, HttpEvents events);

  /// Bytes of response headers received so far, for the overhead figures.
  std::uint64_t header_bytes() const;

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// Destroying it cancels; after that no event is called.
class HttpTransfer {
public:
  virtual ~HttpTransfer() = default;
};

} // namespace p2plive::net
