// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/http_identity.h"

#include <libsoup/soup.h>

#include <cstddef>
#include <utility>

#include "net/gobject_ptr.h"

namespace p2plive::net {

namespace {

/// All that servers may set: far more than any needs, far less than what hurts.
constexpr std::size_t most_cookies = 200;

constexpr auto authorization = "Authorization";

bool is_authorization(const HttpHeader& header) {
  return g_ascii_strcasecmp(header.name.c_str(), authorization) == 0;
}

bool is_secure(GUri* uri) {
  return g_ascii_strcasecmp(g_uri_get_scheme(uri), "https") == 0;
}

std::string host_of(GUri* uri) {
  const char* host = g_uri_get_host(uri);
  return host ? GCharPtr(g_ascii_strdown(host, -1)).get() : "";
}

/// The registrable domain; empty: there is none.
std::string domain_of(const std::string& host) {
  if (host.empty() || g_hostname_is_ip_address(host.c_str()))
    return {};
  const char* domain = soup_tld_get_base_domain(host.c_str(), nullptr);
  return domain ? domain : "";
}

struct Jar {
  SoupCookieJar* jar;
  std::size_t cookies = 0;
};

void count(Jar* jar, SoupCookie* before, SoupCookie* now) {
  jar->cookies += !before && now;
  jar->cookies -= before && !now;
  if (jar->cookies >= most_cookies)
    soup_cookie_jar_set_accept_policy(jar->jar, SOUP_COOKIE_JAR_ACCEPT_NEVER);
}

} // namespace

HttpIdentifier::HttpIdentifier(HttpIdentity identity) : identity_(std::move(identity)) {
  GUri* home = g_uri_parse(identity_.home.c_str(), GUriFlags(SOUP_HTTP_URI_FLAGS), nullptr);
  if (!home)
    return;
  home_host_ = host_of(home);
  home_domain_ = domain_of(home_host_);
  home_secure_ = is_secure(home);
  g_uri_unref(home);
}

void HttpIdentifier::keep_cookies(SoupSession* session) const {
  auto* jar = soup_cookie_jar_new();
  auto* counted = new Jar{jar};
  g_signal_connect_data(
      jar, "changed",
      G_CALLBACK(+[](SoupCookieJar*, SoupCookie* before, SoupCookie* now, gpointer data) {
        count(static_cast<Jar*>(data), before, now);
      }),
      counted, [](gpointer data, GClosure*) { delete static_cast<Jar*>(data); }, GConnectFlags(0));
  for (const auto& cookie : identity_.cookies)
    add_cookie(jar, cookie);
  soup_session_add_feature(session, SOUP_SESSION_FEATURE(jar));
  g_object_unref(jar);
}

void HttpIdentifier::add_cookie(SoupCookieJar* jar, const std::string& cookie) const {
  if (home_host_.empty())
    return;
  const auto equals = cookie.find('=');
  const auto name = cookie.substr(0, equals);
  const auto value = equals == cookie.npos ? "" : cookie.substr(equals + 1);
  // A domain with a dot in front is all of its hosts; where there is no domain, and for what may
  // have none (RFC 6265bis, section 4.1.3.2), it is the host alone.
  const bool host_only = home_domain_.empty() || name.starts_with("__Host-");
  const auto domain = host_only ? home_host_ : "." + home_domain_;
  auto* made = soup_cookie_new(name.c_str(), value.c_str(), domain.c_str(), "/", -1);
  soup_cookie_set_secure(made, home_secure_);
  soup_cookie_jar_add_cookie(jar, made);
}

bool HttpIdentifier::at_home(GUri* uri) const {
  if (home_host_.empty() || (home_secure_ && !is_secure(uri)))
    return false;
  const auto host = host_of(uri);
  return host == home_host_ || (!home_domain_.empty() && domain_of(host) == home_domain_);
}

void HttpIdentifier::sign(SoupMessage* message) const {
  auto* headers = soup_message_get_request_headers(message);
  auto* uri = soup_message_get_uri(message);
  const bool proves = at_home(uri);
  // A libsoup without the fix of CVE-2025-46421 takes its answer to one server along to where that
  // redirects. A user in the URI is meant for where it goes.
  if (!proves && !identity_.user.empty() && !g_uri_get_user(uri))
    soup_message_headers_remove(headers, authorization);
  for (const auto& header : identity_.headers)
    soup_message_headers_remove(headers, header.name.c_str());
  for (const auto& header : identity_.headers)
    if (proves || !is_authorization(header))
      soup_message_headers_append(headers, header.name.c_str(), header.value.c_str());
}

bool HttpIdentifier::authenticate(SoupMessage* message, SoupAuth* auth) const {
  if (identity_.user.empty() || soup_auth_is_for_proxy(auth) ||
      !at_home(soup_message_get_uri(message)))
    return false;
  soup_auth_authenticate(auth, identity_.user.c_str(), identity_.password.c_str());
  return true;
}

} // namespace p2plive::net
