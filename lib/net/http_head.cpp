// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_head.h"

#include <libsoup/soup.h>

#include <algorithm>
#include <charconv>

#include "net/content_range.h"
#include "net/gobject_ptr.h"

namespace p2plive::net {

namespace {

constexpr auto longest_delay = std::chrono::seconds(std::chrono::hours(24));

tl::unexpected<HttpError> failure(HttpError::Kind kind, std::string detail) {
  return tl::unexpected(HttpError{kind, std::move(detail)});
}

std::string_view header(SoupMessageHeaders* headers, const char* name) {
  const char* value = soup_message_headers_get_one(headers, name);
  return value ? value : "";
}

/// delta-seconds (RFC 9111, section 1.2.2), at most a day.
std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  std::uint64_t number = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (rest != text.data() + text.size() || text.empty())
    return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return longest_delay;
  if (error != std::errc())
    return std::nullopt;
  return std::chrono::seconds(std::min<std::uint64_t>(number, longest_delay.count()));
}

/// Retry-After is seconds or a date (RFC 9110, section 10.2.3).
std::optional<std::chrono::seconds> retry_after_of(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  if (auto seconds = seconds_of(text))
    return seconds;
  auto* date = soup_date_time_new_from_http_string(std::string(text).c_str());
  if (!date)
    return std::nullopt;
  const std::int64_t delay =
      g_date_time_to_unix(date) - g_get_real_time() / std::int64_t(G_USEC_PER_SEC);
  g_date_time_unref(date);
  return std::chrono::seconds(std::clamp<std::int64_t>(delay, 0, longest_delay.count()));
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What a 206 or a 416 says of the resource.
std::optional<HttpError> read_range(ResponseHead& response, SoupMessageHeaders* headers,
                                    const std::optional<ByteRange>& asked) {
  auto bad = [](std::string detail) { return HttpError{HttpError::Kind::reset, detail}; };
  const auto value = header(headers, "Content-Range");
  const auto range = parse_content_range(value);
  auto& head = response.head;
  if (head.status == 416) {
    head.size = range && !range->range ? range->size : std::nullopt;
    return std::nullopt;
  }
  if (!asked)
    return bad("status 206 without a range in the request");
  if (!range || !range->range)
    return bad("status 206 without a usable Content-Range: " + std::string(value.substr(0, 80)));
  const auto [first, last] = *range->range;
  if (first < asked->first || last > asked->last)
    return bad("Content-Range outside of the range asked for: " + std::string(value));
  const auto length = last - first + 1;
  if (response.body && *response.body != length)
    return bad("Content-Length and Content-Range differ: " + std::string(value));
  response.body = length;
  head.first = first;
  head.size = range->size;
  return std::nullopt;
}

} // namespace

tl::expected<ResponseHead, HttpError> read_head(SoupMessage* message,
                                                const std::optional<ByteRange>& asked) {
  using Kind = HttpError::Kind;
  auto* headers = soup_message_get_response_headers(message);
  ResponseHead response;
  auto& head = response.head;
  head.status = soup_message_get_status(message);
  head.uri = GCharPtr(g_uri_to_string(soup_message_get_uri(message))).get();
  if (is_redirect(head.status) && !header(headers, "Location").empty())
    return failure(Kind::redirects, "redirect that may not be followed: " +
                                        std::string(header(headers, "Location").substr(0, 200)));
  if (const char* type = soup_message_headers_get_content_type(headers, nullptr))
    head.content_type = type;
  head.etag = header(headers, "ETag");
  head.retry_after = retry_after_of(header(headers, "Retry-After"));
  head.age = seconds_of(header(headers, "Age"));

  const auto encoding = header(headers, "Content-Encoding");
  const bool has_body = head.status >= 200 && head.status != 204 && head.status != 304;
  response.gzip = has_body && (encoding == "gzip" || encoding == "x-gzip");
  const bool plain = encoding.empty() || encoding == "identity" || !has_body;
  if (!plain && (!response.gzip || (asked && head.status < 300)))
    return failure(Kind::reset, "an encoding nobody asked for: " + std::string(encoding));
  if (has_body && soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH)
    response.body = soup_message_headers_get_content_length(headers);
  if (head.status == 206 || head.status == 416) {
    if (auto error = read_range(response, headers, asked))
      return tl::unexpected(*error);
  } else if (!response.gzip) {
    head.size = response.body;
  }
  return response;
}

HttpError to_http_error(const GError& error, HttpPhase phase) {
  using Kind = HttpError::Kind;
  const auto otherwise = phase == HttpPhase::connecting ? Kind::connect : Kind::reset;
  auto kind = otherwise;
  if (error.domain == G_RESOLVER_ERROR) {
    kind = Kind::resolve;
  } else if (error.domain == G_TLS_ERROR) {
    kind = phase == HttpPhase::body && error.code == G_TLS_ERROR_EOF ? Kind::truncated : Kind::tls;
  } else if (error.domain == SOUP_SESSION_ERROR) {
    if (error.code == SOUP_SESSION_ERROR_TOO_MANY_REDIRECTS ||
        error.code == SOUP_SESSION_ERROR_TOO_MANY_RESTARTS ||
        error.code == SOUP_SESSION_ERROR_REDIRECT_NO_LOCATION ||
        error.code == SOUP_SESSION_ERROR_REDIRECT_BAD_URI)
      kind = Kind::redirects;
  } else if (error.domain == G_IO_ERROR) {
    if (error.code == G_IO_ERROR_TIMED_OUT)
      kind = Kind::timed_out;
    else if (error.code == G_IO_ERROR_PARTIAL_INPUT && phase == HttpPhase::body)
      kind = Kind::truncated;
  }
  return {kind, error.message ? error.message : ""};
}

} // namespace p2plive::net
