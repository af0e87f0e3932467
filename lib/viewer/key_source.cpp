// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/key_source.h"

#include "viewer/failure.h"
#include "viewer/now.h"
#include "viewer/public_uri.h"
#include "viewer/url_renewal.h"

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {
constexpr auto first_retry = 250ms;
constexpr auto longest_retry = 4s;
/// Not wanted for so long: not needed any more.
constexpr auto forgotten_after = 10s;
constexpr std::size_t longest_answer = 4096; ///< a key is sixteen bytes; an error page is more
} // namespace

KeySource::Entry::Entry(GMainContext* context, std::function<void()> again)
    : backoff(first_retry, longest_retry), retry(context, std::move(again)) {}

KeySource::KeySource(GMainContext* context, net::HttpClient& http,
                     std::chrono::milliseconds timeout, Events events, Log log)
    : context_(context), http_(http), timeout_(timeout), events_(std::move(events)),
      log_(std::move(log)) {}

void KeySource::want(const std::string& uri) {
  auto& entry = entries_[uri];
  bool is_new = !entry;
  if (is_new)
    entry = std::make_unique<Entry>(context_, [this, uri] { try_again(uri); });
  entry->wanted_last = ++calls_;
  entry->wanted_at = now();
  if (!is_new && !std::exchange(entry->resting, false))
    return;
  load(uri);
  forget_oldest();
}

void KeySource::try_again(const std::string& uri) {
  auto& entry = *entries_.at(uri);
  entry.resting = now() - entry.wanted_at > forgotten_after;
  if (!entry.resting)
    load(uri);
}

std::optional<Bytes128> KeySource::find(const std::string& uri) const {
  auto found = entries_.find(uri);
  return found != entries_.end() ? found->second->key : std::nullopt;
}

bool KeySource::refused(const std::string& uri) const {
  auto found = entries_.find(uri);
  return found != entries_.end() && found->second->refused;
}

Error KeySource::failure(const std::string& uri) const {
  auto found = entries_.find(uri);
  if (found != entries_.end() && found->second->failure)
    return *found->second->failure;
  return key_failure(uri, net::HttpError{net::HttpError::Kind::timed_out, "no answer yet"});
}

void KeySource::load(const std::string& uri) {
  net::HttpRequest request;
  request.uri = uri;
  request.limit = longest_answer;
  request.timeout = timeout_;
  entries_.at(uri)->transfer = fetch_whole(
      http_, std::move(request), [this, uri](const WholeResult& result) { loaded(uri, result); });
}

void KeySource::loaded(const std::string& uri, const WholeResult& result) {
  auto& entry = *entries_.at(uri);
  entry.transfer.reset();
  if (!result)
    entry.failure = key_failure(uri, result.error());
  else if (result->head.status != 200)
    entry.failure = key_failure(uri, result->head.status);
  else if (result->body.size() != Bytes128().size())
    entry.failure = bad_key(uri, result->body.size());
  else
    std::ranges::copy(result->body, entry.key.emplace().begin());
  entry.refused = result && UrlRenewal::is_refusal(result->head.status);
  if (entry.key) {
    log_.debug("A key came: " + public_uri(uri));
    return events_.arrived();
  }
  log_.warning(*entry.failure);
  entry.retry.arm_in(entry.backoff.next());
  if (entry.refused)
    events_.refused();
}

void KeySource::forget_oldest() {
  if (entries_.size() <= most_keys)
    return;
  entries_.erase(std::ranges::min_element(
      entries_, {}, [](const auto& entry) { return entry.second->wanted_last; }));
}

} // namespace p2plive::viewer
