// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/http_options.h"

#include <gio/gio.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace p2plive::viewer {

using namespace std::chrono_literals;

namespace {

// Servers take some 8 KiB of headers, and answer 431 to more.
constexpr std::size_t most_headers = 64;
constexpr std::size_t most_cookies = 64;
constexpr std::size_t longest_headers = 8 << 10; ///< bytes, headers and cookies together
constexpr std::size_t longest_credential = 1024;
constexpr auto longest_timeout = 1h;

constexpr auto cookie_header = "Cookie";

Error wrong(std::string message, std::string detail = {}) {
  return {Error::Kind::settings, std::move(message), std::move(detail)};
}

bool same(const std::string& a, const char* b) {
  return g_ascii_strcasecmp(a.c_str(), b) == 0;
}

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~"; // RFC 9110, section 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return g_ascii_isalnum(c) || others.find(c) != others.npos;
  });
}

/// No control characters but the tab (RFC 9110, section 5.5).
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });
}

/// Octets of a cookie's value (RFC 6265, section 4.1.1), and what servers take beyond: blanks and
/// commas.
bool is_cookie_value(std::string_view text) {
  return is_field_value(text) && text.find(';') == text.npos;
}

/// Which a request decides on for itself, or that another option stands for; none: neither.
std::optional<std::string> reserved(const std::string& name) {
  static constexpr std::array own = {"Host",         "Range",           "Accept-Encoding",
                                     "Connection",   "Keep-Alive",      "Proxy-Connection",
                                     "TE",           "Trailer",         "Transfer-Encoding",
                                     "Upgrade",      "Expect",          "Content-Length",
                                     "If-Range",     "If-None-Match",   "If-Modified-Since",
                                     "Content-Type", "Content-Encoding"};
  if (same(name, "User-Agent"))
    return "There is an option of its own for the user agent.";
  if (same(name, "Proxy-Authorization"))
    return "There are options of their own for the proxy's user and password.";
  if (std::any_of(own.begin(), own.end(), [&](auto* each) { return same(name, each); }))
    return "Each request decides on it for itself.";
  return {};
}

std::optional<Error> check_header(const HttpOptions::Header& header) {
  if (!is_token(header.name))
    return wrong("This is no name of an HTTP header: \"" + header.name +
                     "\". Use letters, digits and hyphens.",
                 "RFC 9110, section 5.6.2");
  if (!is_field_value(header.value))
    return wrong("The value of the HTTP header " + header.name +
                 " must be one line without control characters.");
  if (auto reason = reserved(header.name))
    return wrong("The HTTP header " + header.name + " cannot be set. " + *reason);
  return {};
}

std::optional<Error> check_cookie(const std::string& cookie) {
  const auto equals = std::min(cookie.find('='), cookie.size());
  if (equals < cookie.size() && is_token(cookie.substr(0, equals)) &&
      is_cookie_value(cookie.substr(equals + 1)))
    return {};
  return wrong("A cookie must be written as NAME=VALUE, on one line and without attributes: \"" +
               cookie.substr(0, equals) + "\" is not.");
}

/// Those of the header Cookie as well, which is split.
std::vector<std::string> cookies_of(const HttpOptions& options) {
  auto cookies = options.cookies;
  for (const auto& header : options.headers) {
    if (!same(header.name, cookie_header))
      continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      auto one = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
      if (!one.empty())
        cookies.emplace_back(one);
    }
  }
  return cookies;
}

std::optional<Error> check_headers(const HttpOptions& options) {
  std::size_t size = 0;
  for (const auto& header : options.headers) {
    if (auto error = check_header(header))
      return error;
    size += header.name.size() + header.value.size();
  }
  const auto cookies = cookies_of(options);
  for (const auto& cookie : cookies) {
    if (auto error = check_cookie(cookie))
      return error;
    size += cookie.size();
  }
  if (options.headers.size() > most_headers)
    return wrong("At most 64 HTTP headers can be added.");
  if (cookies.size() > most_cookies)
    return wrong("At most 64 cookies can be given.");
  if (size > longest_headers)
    return wrong("The HTTP headers and cookies are longer than 8192 bytes, which servers refuse.");
  return {};
}

std::optional<Error> check_login(const std::string& whose, const std::string& user,
                                 const std::string& password) {
  if (user.empty() && !password.empty())
    return wrong(whose + "'s password is given without a user.");
  if (user.size() > longest_credential || password.size() > longest_credential)
    return wrong(whose + "'s user and password must be shorter than 1024 bytes.");
  // RFC 7617, section 2
  if (user.find(':') != user.npos)
    return wrong(whose + "'s user must not contain a colon.");
  auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(user.begin(), user.end(), control) ||
      std::any_of(password.begin(), password.end(), control))
    return wrong(whose + "'s user and password must not contain control characters.");
  return {};
}

/// The proxy's URI with user and password in it; empty: it cannot be used.
std::string proxy_uri(const HttpOptions& options) {
  static constexpr std::array schemes = {"http", "https", "socks", "socks4", "socks4a", "socks5"};
  const auto bare = options.proxy.find("://") == std::string::npos;
  const auto text = bare ? "http://" + options.proxy : options.proxy;
  auto* uri = g_uri_parse(text.c_str(), G_URI_FLAGS_HAS_PASSWORD, nullptr);
  if (!uri)
    return {};
  std::string joined;
  const std::string scheme = g_uri_get_scheme(uri);
  const char* host = g_uri_get_host(uri);
  const bool known =
      std::any_of(schemes.begin(), schemes.end(), [&](auto* each) { return scheme == each; });
  if (known && host && *host) {
    const bool told = !options.proxy_user.empty();
    auto* made =
        g_uri_join_with_user(G_URI_FLAGS_HAS_PASSWORD, scheme.c_str(),
                             told ? options.proxy_user.c_str() : g_uri_get_user(uri),
                             told ? options.proxy_password.c_str() : g_uri_get_password(uri),
                             nullptr, host, g_uri_get_port(uri), "", nullptr, nullptr);
    joined = made;
    g_free(made);
  }
  g_uri_unref(uri);
  return joined;
}

std::optional<Error> check_proxy(const HttpOptions& options) {
  if (options.proxy.empty() && !options.proxy_user.empty())
    return wrong("The proxy's user is given without a proxy.");
  if (!options.proxy.empty() && proxy_uri(options).empty())
    return wrong(
        "The proxy must be written as http://HOST:PORT, HOST:PORT or socks5://HOST:PORT: " +
        options.proxy);
  return check_login("The proxy", options.proxy_user, options.proxy_password);
}

std::shared_ptr<GTlsDatabase> database_of(const HttpOptions& options) {
  return {options.tls_database, static_cast<GTlsDatabase*>(options.tls_database.get())};
}

} // namespace

std::optional<Error> check(const HttpOptions& options) {
  if (auto error = check_headers(options))
    return error;
  if (auto error = check_login("The stream", options.user, options.password))
    return error;
  if (auto error = check_proxy(options))
    return error;
  if (options.timeout < 0s || options.timeout > longest_timeout)
    return wrong("The HTTP timeout must lie between 0 and one hour.");
  if (options.tls_database && !G_IS_TLS_DATABASE(options.tls_database.get()))
    return wrong("The TLS database is no GTlsDatabase.");
  return {};
}

std::optional<Error> load_authorities(HttpOptions& options) {
  if (options.ca_file.empty() || options.tls_database)
    return {};
  GError* error = nullptr;
  auto* database = g_tls_file_database_new(options.ca_file.c_str(), &error);
  if (!database) {
    std::string reason = error->message;
    g_error_free(error);
    return wrong("The file of trusted certificates cannot be used; it must be PEM: " +
                     options.ca_file,
                 reason);
  }
  options.tls_database = std::shared_ptr<void>(database, g_object_unref);
  return {};
}

std::chrono::milliseconds timeout_or(const HttpOptions& options, std::chrono::milliseconds usual) {
  return options.timeout > 0s ? std::chrono::ceil<std::chrono::milliseconds>(options.timeout)
                              : usual;
}

net::HttpClient::Options to_services_client(const HttpOptions& options, std::string user_agent) {
  net::HttpClient::Options client;
  client.user_agent = std::move(user_agent);
  client.verify_tls = options.verify_tls;
  client.tls_database = database_of(options);
  if (!options.proxy.empty())
    client.proxy = proxy_uri(options);
  return client;
}

net::MqttClient::Trust to_broker_trust(const HttpOptions& options) {
  net::MqttClient::Trust trust{.verify = options.verify_tls};
  if (!G_IS_TLS_FILE_DATABASE(options.tls_database.get()))
    return trust;
  char* anchors = nullptr;
  g_object_get(options.tls_database.get(), "anchors", &anchors, nullptr);
  trust.ca_file = anchors ? anchors : "";
  g_free(anchors);
  return trust;
}

net::HttpClient::Options to_stream_client(const HttpOptions& options, std::string user_agent,
                                          const std::string& uri) {
  auto client = to_services_client(options, std::move(user_agent));
  auto& identity = client.identity.emplace();
  identity.home = uri;
  for (const auto& [name, value] : options.headers)
    if (!same(name, cookie_header))
      identity.headers.push_back({name, value});
  identity.cookies = cookies_of(options);
  identity.user = options.user;
  identity.password = options.password;
  return client;
}

} // namespace p2plive::viewer
