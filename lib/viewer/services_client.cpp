// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/services_client.h"

#include "viewer/now.h"
#include "viewer/public_uri.h"

#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

constexpr auto service_timeout = 5s;
/// The index is asked again before its answer is too old when the services it named fail, but not
/// more often than this.
constexpr auto index_least_interval = 15s;

/// What a failed service asks for: its header, or the refusal in its body.
std::optional<core::Duration> retry_after(const WholeResult& result) {
  if (!result || result->head.status == 200)
    return {};
  if (auto wish = result->head.retry_after)
    return std::min<core::Duration>(*wish, 10min);
  if (auto wish = read_refusal(result->body))
    return *wish;
  return {};
}

/// Where the Index of these services answers.
std::string index_endpoint(const std::string& base) {
  return base + (base.ends_with('/') ? "v1/index" : "/v1/index");
}

bool succeeded(const WholeResult& result) {
  return result && result->head.status == 200;
}

} // namespace

ServicesClient::ServicesClient(GMainContext* context, net::HttpClient& http, Options options,
                               Events events)
    : http_(http), options_(std::move(options)), events_(std::move(events)),
      index_backoff_(options_.backoff_first, options_.backoff_most),
      cps_backoff_(options_.backoff_first, options_.backoff_most),
      index_timer_(context, [this] { ask_index(); }), cps_timer_(context, [this] { ask_cps(); }),
      announce_timer_(context, [this] { events_.announce_failed({}); }) {}

std::unique_ptr<net::HttpTransfer> ServicesClient::post(const std::string& uri, Bytes body,
                                                        std::function<void(WholeResult)> done) {
  net::HttpRequest request;
  request.uri = uri;
  request.post = std::move(body);
  request.limit = longest_reply;
  request.timeout = service_timeout;
  return fetch_whole(http_, std::move(request), [this, done = std::move(done)](WholeResult result) {
    if (result)
      body_bytes_ += result->body.size();
    done(std::move(result));
  });
}

void ServicesClient::say(const std::string& service, const std::string& uri,
                         const WholeResult& result) const {
  auto why = !result                      ? result.error().detail
             : result->head.status == 200 ? "its reply cannot be read"
                                          : "HTTP status " + std::to_string(result->head.status);
  options_.log.warning("The " + service +
                       " does not help at present, so more comes from the CDN: " + public_uri(uri) +
                       " (" + why + ")");
}

void ServicesClient::start() {
  ask_index();
}

void ServicesClient::ask_index() {
  index_asked_ = now();
  index_transfer_ = post(index_endpoint(options_.index_uri), index_request(options_.agent),
                         [this](WholeResult result) { index_answered(result); });
}

void ServicesClient::index_answered(const WholeResult& result) {
  index_transfer_.reset();
  auto services = succeeded(result) ? read_index_reply(result->body) : std::nullopt;
  if (!services) {
    say("Index", options_.index_uri, result);
    auto wait = index_backoff_.next();
    return index_timer_.arm_in(std::max(wait, retry_after(result).value_or(0ns)));
  }
  options_.log.info("The Index answers: " + public_uri(options_.index_uri));
  index_backoff_.reset();
  services_ = std::move(*services);
  next_cps_ = next_tracker_ = 0;
  index_timer_.arm_in(services_.max_age);
  events_.found(services_);
  if (!rid_ && !cps_transfer_)
    ask_cps();
}

void ServicesClient::ask_index_soon() {
  if (index_transfer_ || now() - index_asked_ < index_least_interval)
    return;
  ask_index();
}

void ServicesClient::set_media_uri(std::string uri) {
  media_uri_ = std::move(uri);
  ask_cps();
}

void ServicesClient::ask_cps() {
  if (rid_ || media_uri_.empty() || services_.cps.empty())
    return;
  cps_transfer_ = post(services_.cps[next_cps_], cps_request(media_uri_),
                       [this](WholeResult result) { cps_answered(result); });
}

bool ServicesClient::tried_all(std::size_t& next, const std::vector<std::string>& uris) {
  if (++next < uris.size())
    return false;
  next = 0;
  return true;
}

void ServicesClient::cps_answered(const WholeResult& result) {
  cps_transfer_.reset();
  if (auto rid = succeeded(result) ? read_cps_reply(result->body) : std::nullopt) {
    rid_ = rid;
    cps_timer_.disarm();
    options_.log.info("The stream's RID is " + rid->to_hex());
    return events_.resolved(*rid);
  }
  say("CPS", services_.cps[next_cps_], result);
  if (!tried_all(next_cps_, services_.cps))
    return ask_cps();
  cps_timer_.arm_in(std::max(cps_backoff_.next(), retry_after(result).value_or(0ns)));
  ask_index_soon();
}

void ServicesClient::announce(const core::Announce& announce) {
  announce_ = announce;
  announce_timer_.disarm();
  ask_tracker();
}

void ServicesClient::ask_tracker() {
  if (!rid_ || services_.trackers.empty()) {
    announce_transfer_.reset();
    return announce_timer_.arm_in(0ns);
  }
  announce_transfer_ =
      post(services_.trackers[next_tracker_], announce_request(*rid_, options_.self, announce_),
           [this](WholeResult result) { tracker_answered(result); });
}

void ServicesClient::tracker_answered(const WholeResult& result) {
  announce_transfer_.reset();
  if (auto answer = succeeded(result) ? read_announce_reply(result->body) : std::nullopt)
    return events_.announced(*answer);
  say("tracker", services_.trackers[next_tracker_], result);
  if (!tried_all(next_tracker_, services_.trackers))
    return ask_tracker();
  ask_index_soon();
  events_.announce_failed(retry_after(result));
}

} // namespace p2plive::viewer
