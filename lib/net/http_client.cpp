// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_client.h"

#include <algorithm>
#include <cassert>
#include <thread>
#include <vector>

#include "net/http_exchange.h"

namespace p2plive::net {

namespace {

class Handle : public HttpTransfer {
public:
  explicit Handle(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  ~Handle() override { exchange_->cancel(); }

private:
  std::shared_ptr<HttpExchange> exchange_;
};

// No timeout of libsoup's: it counts in seconds and per read; each exchange watches its progress.
GObjectPtr<SoupSession> make_session(const HttpClient::Options& options) {
  const auto per_host = std::clamp(options.connections_per_host, 1u, 1000u);
  GObjectPtr<SoupSession> session(soup_session_new_with_options(
      "max-conns-per-host", int(per_host), "max-conns", int(per_host * 8), nullptr));
  soup_session_set_timeout(session.get(), 0);
  soup_session_remove_feature_by_type(session.get(), SOUP_TYPE_CONTENT_DECODER); // see GzipBody
  if (!options.user_agent.empty())
    soup_session_set_user_agent(session.get(), options.user_agent.c_str());
  if (options.tls_database)
    soup_session_set_tls_database(session.get(), options.tls_database.get());
  if (!options.proxy.empty()) {
    auto* resolver = g_simple_proxy_resolver_new(options.proxy.c_str(), nullptr);
    soup_session_set_proxy_resolver(session.get(), resolver);
    g_object_unref(resolver);
  }
  return session;
}

} // namespace

class HttpClient::Impl {
public:
  Impl(GMainContext* context, const Options& options)
      : session_(std::make_shared<HttpExchange::Session>()) {
    ThreadDefault here(context);
    session_->context = g_main_context_ref(context);
    session_->soup = make_session(options);
    session_->verify_tls = options.verify_tls;
    if (options.identity) {
      session_->identifier.emplace(*options.identity);
      session_->identifier->keep_cookies(session_->soup.get());
    }
  }

  std::shared_ptr<HttpExchange> start(HttpRequest request, HttpEvents events) {
    assert(std::this_thread::get_id() == thread_);
    std::erase_if(exchanges_, [](auto& exchange) { return exchange.expired(); });
    auto exchange = std::make_shared<HttpExchange>(session_, std::move(request), std::move(events));
    exchanges_.push_back(exchange);
    exchange->start();
    return exchange;
  }

  // What an exchange's events hold may own transfers of this client, hence the copy.
  void shut_down() {
    assert(std::this_thread::get_id() == thread_);
    auto exchanges = std::exchange(exchanges_, {});
    for (auto& weak : exchanges)
      if (auto exchange = weak.lock())
        exchange->cancel();
  }

  std::uint64_t header_bytes() const { return session_->header_bytes; }

private:
  std::shared_ptr<HttpExchange::Session> session_;
  std::vector<std::weak_ptr<HttpExchange>> exchanges_;
  const std::thread::id thread_ = std::this_thread::get_id();
};

HttpClient::HttpClient(GMainContext* context, Options options)
    : impl_(std::make_shared<Impl>(context, options)) {}

HttpClient::~HttpClient() {
  impl_->shut_down();
}

std::unique_ptr<HttpTransfer> HttpClient::start(HttpRequest request, HttpEvents events) {
  return std::make_unique<Handle>(impl_->start(std::move(request), std::move(events)));
}

std::uint64_t HttpClient::header_bytes() const {
  return impl_->header_bytes();
}

} // namespace p2plive::net
