// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/addresses.h"

#include <gio/gio.h>

#include <algorithm>
#include <utility>

namespace p2plive::viewer {

namespace {

bool is_loopback(const std::string& address) {
  auto* parsed = g_inet_address_new_from_string(address.c_str());
  bool loopback = parsed && g_inet_address_get_is_loopback(parsed);
  g_clear_object(&parsed);
  return loopback;
}

std::string host_of(const std::string& uri) {
  auto* parsed = g_uri_parse(uri.c_str(), G_URI_FLAGS_NONE, nullptr);
  std::string host = parsed && g_uri_get_host(parsed) ? g_uri_get_host(parsed) : "";
  g_clear_pointer(&parsed, g_uri_unref);
  return host;
}

/// IPv4 first: it is what most other viewers have.
std::optional<std::string> first_of(GList* addresses) {
  std::optional<std::string> chosen;
  for (auto* entry = addresses; entry; entry = entry->next) {
    auto* address = G_INET_ADDRESS(entry->data);
    bool ipv4 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
    if (chosen && !ipv4)
      continue;
    auto* text = g_inet_address_to_string(address);
    chosen = text;
    g_free(text);
    if (ipv4)
      break;
  }
  return chosen;
}

using Resolved = std::function<void(std::optional<std::string>)>;

void lookup_finished(GObject* resolver, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Resolved> done(static_cast<Resolved*>(data));
  auto* found = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, nullptr);
  auto address = first_of(found);
  g_resolver_free_addresses(found);
  (*done)(std::move(address));
}

} // namespace

struct Addresses::Search {
  std::vector<ServiceAddress> stun;
  std::vector<std::optional<std::string>> stun_addresses; ///< as `stun`
  std::vector<std::optional<std::string>> reached;        ///< the index, then the brokers
  std::size_t open = 0;                                   ///< lookups without an answer
  std::function<void(Reach)> done;
};

Addresses::Addresses(GMainContext* context, std::string local_address, const std::string& index_uri)
    : context_(context), local_address_(std::move(local_address)), index_host_(host_of(index_uri)) {
}

Addresses::~Addresses() = default;

void Addresses::resolve(const std::string& host, Resolved done) {
  if (g_hostname_is_ip_address(host.c_str()))
    return done(host);
  // The answer comes on the context that is the thread's default now.
  g_main_context_push_thread_default(context_);
  auto* resolver = g_resolver_get_default();
  g_resolver_lookup_by_name_async(resolver, host.c_str(), nullptr, lookup_finished,
                                  new Resolved(std::move(done)));
  g_object_unref(resolver);
  g_main_context_pop_thread_default(context_);
}

void Addresses::find(const Services& services, std::function<void(Reach)> done) {
  auto search = search_ = std::make_shared<Search>();
  search->stun = services.stun;
  search->done = std::move(done);
  std::vector<std::string> reached{index_host_};
  for (const auto& broker : services.brokers)
    reached.push_back(broker.host);
  search->stun_addresses.resize(search->stun.size());
  search->reached.resize(reached.size());
  search->open = search->stun.size() + reached.size();
  // An answer to an earlier search, or to an object that is gone, finds the search gone.
  auto into = [this, weak = std::weak_ptr(search)](auto member, std::size_t index) {
    return [this, weak, member, index](std::optional<std::string> address) {
      auto search = weak.lock();
      if (!search)
        return;
      ((*search).*member)[index] = std::move(address);
      if (--search->open > 0)
        return;
      search_.reset();
      search->done(conclude(*search));
    };
  };
  for (std::size_t i = 0; i < services.stun.size(); ++i)
    resolve(services.stun[i].host, into(&Search::stun_addresses, i));
  for (std::size_t i = 0; i < reached.size(); ++i)
    resolve(reached[i], into(&Search::reached, i));
}

Reach Addresses::conclude(const Search& search) const {
  Reach reach;
  for (std::size_t i = 0; i < search.stun.size(); ++i)
    if (auto& address = search.stun_addresses[i])
      reach.stun.push_back({*address, search.stun[i].port});
  if (!local_address_.empty()) {
    reach.local_addresses = {local_address_};
    return reach;
  }
  bool all_loopback =
      std::all_of(search.reached.begin(), search.reached.end(),
                  [](const auto& address) { return address && is_loopback(*address); });
  if (all_loopback)
    reach.local_addresses = {search.reached.front()->find(':') == std::string::npos ? "127.0.0.1"
                                                                                    : "::1"};
  return reach;
}

} // namespace p2plive::viewer
