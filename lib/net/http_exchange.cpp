// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_exchange.h"

#include <string>
#include <utility>

namespace p2plive::net {

HttpExchange::HttpExchange(std::shared_ptr<Session> session, HttpRequest request, HttpEvents events)
    : session_(std::move(session)), request_(std::move(request)), events_(std::move(events)),
      cancellable_(g_cancellable_new()), timer_(session_->context, [this] {
        auto self = shared_from_this();
        fail(failure_.value_or(HttpError{HttpError::Kind::timed_out, "no progress"}));
      }) {}

HttpExchange::~HttpExchange() {
  if (message_)
    g_signal_handlers_disconnect_by_data(message_.get(), this);
}

GObjectPtr<SoupMessage> HttpExchange::make_message() const {
  GUri* uri = g_uri_parse(request_.uri.c_str(), GUriFlags(SOUP_HTTP_URI_FLAGS), nullptr);
  if (!uri)
    return nullptr;
  const std::string scheme = g_uri_get_scheme(uri);
  const char* host = g_uri_get_host(uri);
  GObjectPtr<SoupMessage> message;
  if ((scheme == "http" || scheme == "https") && host && *host)
    message.reset(soup_message_new_from_uri(request_.post ? "POST" : "GET", uri));
  g_uri_unref(uri);
  if (!message)
    return nullptr;
  auto* headers = soup_message_get_request_headers(message.get());
  if (request_.range) {
    const auto [first, last] = *request_.range;
    const auto value = "bytes=" + std::to_string(first) + "-" + std::to_string(last);
    soup_message_headers_replace(headers, "Range", value.c_str());
  }
  // A range of a compressed form would be of no use (RFC 9110, section 14.1.2).
  soup_message_headers_replace(headers, "Accept-Encoding", request_.range ? "identity" : "gzip");
  if (!request_.etag.empty())
    soup_message_headers_replace(headers, "If-None-Match", request_.etag.c_str());
  if (request_.post) {
    auto* body = g_bytes_new(request_.post->data(), request_.post->size());
    soup_message_set_request_body_from_bytes(message.get(), request_.content_type.c_str(), body);
    g_bytes_unref(body);
  }
  return message;
}

// The callback gets the exchange first and nothing else of the signal's arguments.
template <void (HttpExchange::*step)()>
void HttpExchange::watch(const char* signal) {
  auto* callback = +[](HttpExchange* self) { (self->*step)(); };
  g_signal_connect_swapped(message_.get(), signal, G_CALLBACK(callback), this);
}

void HttpExchange::watch_message() {
  soup_message_add_flags(message_.get(), SOUP_MESSAGE_COLLECT_METRICS);
  watch<&HttpExchange::progressed>("network-event");
  watch<&HttpExchange::progressed>("wrote-headers");
  watch<&HttpExchange::progressed>("wrote-body-data");
  watch<&HttpExchange::restarted>("restarted");
  watch<&HttpExchange::got_headers>("got-headers");
  // After libsoup's own handlers, which set headers as well.
  auto* starting = +[](HttpExchange* self) { self->starting(); };
  g_signal_connect_data(message_.get(), "starting", G_CALLBACK(starting), this, nullptr,
                        GConnectFlags(G_CONNECT_AFTER | G_CONNECT_SWAPPED));
  if (!session_->verify_tls) {
    auto* accept = +[]() -> gboolean { return TRUE; };
    g_signal_connect_swapped(message_.get(), "accept-certificate", G_CALLBACK(accept), nullptr);
  }
  if (session_->identifier) {
    auto* authenticate =
        +[](SoupMessage* message, SoupAuth* auth, gboolean again, HttpExchange* self) -> gboolean {
      return !again && self->session_->identifier->authenticate(message, auth);
    };
    g_signal_connect(message_.get(), "authenticate", G_CALLBACK(authenticate), this);
  }
}

// libsoup's completions come while libsoup is still at work on the session; holding the exchange
// through `data` keeps the session as well.
template <void (HttpExchange::*step)(GObject*, GAsyncResult*)>
void HttpExchange::completed(GObject* source, GAsyncResult* result, gpointer data) {
  std::unique_ptr<std::shared_ptr<HttpExchange>> self(
      static_cast<std::shared_ptr<HttpExchange>*>(data));
  ((**self).*step)(source, result);
}

void HttpExchange::start() {
  message_ = make_message();
  if (!message_) {
    failure_ = HttpError{HttpError::Kind::bad_uri, request_.uri};
    timer_.arm_in(std::chrono::nanoseconds(0));
    return;
  }
  watch_message();
  progressed();
  ThreadDefault here(session_->context);
  soup_session_send_async(session_->soup.get(), message_.get(), G_PRIORITY_DEFAULT,
                          cancellable_.get(), completed<&HttpExchange::sent>,
                          new std::shared_ptr<HttpExchange>(shared_from_this()));
}

void HttpExchange::cancel() {
  stop();
  if (!emitting_) [[maybe_unused]]
    auto let_go = std::exchange(events_, {});
}

void HttpExchange::stop() {
  over_ = true;
  timer_.disarm();
  g_cancellable_cancel(cancellable_.get());
  stream_.reset(); // closes the connection when bytes are still to come; a pending read holds it
}

// The time without progress begins anew; also while the request waits for a connection of its own.
void HttpExchange::progressed() {
  if (!over_ && !failure_)
    timer_.arm_in(request_.timeout);
}

void HttpExchange::starting() {
  phase_ = HttpPhase::waiting;
  if (session_->identifier)
    session_->identifier->sign(message_.get());
}

// By a redirect, with user and password, or because a kept connection had died.
void HttpExchange::restarted() {
  phase_ = HttpPhase::connecting;
  progressed();
  // The next redirect then arrives as a head, which read_head() refuses.
  if (SOUP_STATUS_IS_REDIRECTION(soup_message_get_status(message_.get())) &&
      ++redirects_ == most_redirects)
    soup_message_add_flags(message_.get(), SOUP_MESSAGE_NO_REDIRECT);
}

void HttpExchange::got_headers() {
  if (auto* metrics = soup_message_get_metrics(message_.get()))
    session_->header_bytes += soup_message_metrics_get_response_header_bytes_received(metrics);
}

/// False when the exchange is over after the call.
template <typename Call>
bool HttpExchange::emit(Call call) {
  emitting_ = true;
  call();
  emitting_ = false;
  if (over_) [[maybe_unused]]
    auto let_go = std::exchange(events_, {});
  return !over_;
}

void HttpExchange::fail(HttpError error) {
  if (over_)
    return;
  stop();
  auto events = std::exchange(events_, {});
  if (events.failed)
    events.failed(error);
}

void HttpExchange::sent(GObject* session, GAsyncResult* result) {
  GError* error = nullptr;
  stream_.reset(soup_session_send_finish(SOUP_SESSION(session), result, &error));
  std::unique_ptr<GError, decltype(&g_error_free)> owned(error, g_error_free);
  if (over_ || failure_) {
    stream_.reset();
    return;
  }
  if (!stream_)
    return fail(to_http_error(*error, phase_));
  phase_ = HttpPhase::body;
  progressed();
  auto response = read_head(message_.get(), request_.range);
  if (!response)
    return fail(std::move(response.error()));
  expected_ = response->body;
  if (events_.head && !emit([&] { events_.head(response->head); }))
    return;
  if (!response->gzip && expected_.value_or(0) > request_.limit)
    return fail({HttpError::Kind::too_large, std::to_string(*expected_) + " bytes"});
  if (response->gzip)
    gzip_ = std::make_unique<GzipBody>();
  buffer_.resize(buffer_size);
  read();
}

void HttpExchange::read() {
  ThreadDefault here(session_->context);
  g_input_stream_read_async(stream_.get(), buffer_.data(), buffer_.size(), G_PRIORITY_DEFAULT,
                            cancellable_.get(), completed<&HttpExchange::received>,
                            new std::shared_ptr<HttpExchange>(shared_from_this()));
}

void HttpExchange::received(GObject* stream, GAsyncResult* result) {
  GError* error = nullptr;
  const auto length = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error);
  std::unique_ptr<GError, decltype(&g_error_free)> owned(error, g_error_free);
  if (over_)
    return;
  if (length < 0)
    return fail(to_http_error(*error, phase_));
  if (length == 0)
    return end_of_body();
  progressed();
  take({buffer_.data(), std::size_t(length)});
}

void HttpExchange::take(std::span<const std::uint8_t> bytes) {
  received_ += bytes.size();
  if (expected_ && received_ > *expected_)
    return fail({HttpError::Kind::reset, "more bytes than the head told"});
  auto gzip = std::move(gzip_); // not a member while events run
  const bool go_on =
      gzip ? gzip->feed(bytes, [this](auto piece) { return deliver(piece); }) : deliver(bytes);
  if (gzip && gzip->broken())
    return fail({HttpError::Kind::reset, "the body is no gzip"});
  if (!go_on)
    return;
  gzip_ = std::move(gzip);
  read();
}

bool HttpExchange::deliver(std::span<const std::uint8_t> bytes) {
  delivered_ += bytes.size();
  if (delivered_ > request_.limit) {
    fail({HttpError::Kind::too_large, "more than " + std::to_string(request_.limit)});
    return false;
  }
  return !events_.data || emit([&] { events_.data(bytes); });
}

void HttpExchange::end_of_body() {
  stream_.reset();
  if (expected_ && received_ < *expected_)
    return fail({HttpError::Kind::truncated,
                 std::to_string(received_) + " bytes of " + std::to_string(*expected_)});
  if (gzip_ && !gzip_->whole())
    return fail({HttpError::Kind::truncated, "gzip cut off"});
  over_ = true;
  timer_.disarm();
  auto events = std::exchange(events_, {});
  if (events.done)
    events.done();
}

} // namespace p2plive::net
