// One request and its answer, on a SoupSession: what HttpClient::start() begins.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <libsoup/soup.h>

#include "net/gobject_ptr.h"
#include "net/gzip_body.h"
#include "net/http_client.h"
#include "net/http_head.h"
#include "net/timer.h"

namespace p2plive::net {

/// Shared by the handle and by whatever operation of libsoup is under way, so that a completion
/// that comes after the cancel finds it. On the context's thread.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
public:
  /// What outlives the client while late completions come in.
  struct Session {
    GObjectPtr<SoupSession> soup;
    GMainContext* context = nullptr; ///< a reference of its own
    bool verify_tls = true;
    std::optional<HttpIdentifier> identifier;
    std::uint64_t header_bytes = 0;
    ~Session() {
      soup.reset();
      g_main_context_unref(context);
    }
  };

  HttpExchange(std::shared_ptr<Session> session, HttpRequest request, HttpEvents events);
  ~HttpExchange();
  void start();
  /// No event is called any more, and what the events hold is let go. Also from within an event.
  void cancel();

private:
  static constexpr std::size_t buffer_size = 64 * 1024;
  static constexpr unsigned most_redirects = 5;

  GObjectPtr<SoupMessage> make_message() const;
  void watch_message();
  void progressed();
  void starting();
  void restarted();
  void got_headers();
  void sent(GObject* session, GAsyncResult* result);
  void read();
  void received(GObject* stream, GAsyncResult* result);
  void take(std::span<const std::uint8_t> bytes);
  bool deliver(std::span<const std::uint8_t> bytes);
  void end_of_body();
  void fail(HttpError error);
  void stop();
  template <typename Call>
  bool emit(Call call);
  template <void (HttpExchange::*step)(GObject*, GAsyncResult*)>
  static void completed(GObject* source, GAsyncResult* result, gpointer data);
  template <void (HttpExchange::*step)()>
  void watch(const char* signal);

  std::shared_ptr<Session> session_;
  HttpRequest request_;
  HttpEvents events_;
  GObjectPtr<SoupMessage> message_;
  GObjectPtr<GCancellable> cancellable_;
  GObjectPtr<GInputStream> stream_;
  std::vector<std::uint8_t> buffer_;
  std::optional<std::uint64_t> expected_; ///< bytes of the body, where the head told
  std::uint64_t received_ = 0;
  std::uint64_t delivered_ = 0; ///< the same, unless it is gzip
  std::unique_ptr<GzipBody> gzip_;
  HttpPhase phase_ = HttpPhase::connecting;
  unsigned redirects_ = 0;
  bool emitting_ = false;
  bool over_ = false;                ///< done, failed or cancelled: nothing is called any more
  std::optional<HttpError> failure_; ///< decided already, told by the timer
  Timer timer_;
};

} // namespace p2plive::net
