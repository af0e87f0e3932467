// SPDX-License-Identifier: LGPL-2.1-or-later
#include "http_properties.h"

#include "property_values.h"

#include <gio/gio.h>

#include <algorithm>

namespace p2plive::gst {
namespace {

enum HttpProperty : guint {
  prop_extra_headers = 100, // after those in properties.cpp
  prop_cookies,
  prop_user_id,
  prop_user_pw,
  prop_proxy,
  prop_proxy_id,
  prop_proxy_pw,
  prop_tls_database,
  prop_ssl_ca_file,
  prop_ssl_strict,
  prop_timeout,
  prop_retries,
};

constexpr int endless = -1;

void install_string(GObjectClass* c, guint id, const char* name, const char* nick,
                    const char* blurb) {
  g_object_class_install_property(c, id,
                                  g_param_spec_string(name, nick, blurb, nullptr, when_ready));
}

void install_identity(GObjectClass* c) {
  /**
   * GstP2pLiveSrc:extra-headers:
   *
   * HTTP headers to send with each request for the stream: a field for each, its value a string or
   * what can be made one, or an array for a header that is repeated. They go to every host that the
   * stream's playlists or redirects name, but `Authorization` and `Cookie` only to hosts of the
   * same registrable domain as #GstP2pLiveSrc:uri, and not over http when that is https. The
   * services at #GstP2pLiveSrc:index-uri never see them. Headers that a request needs for itself
   * (`Range`, `Host`, and the like) are refused.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_extra_headers,
      g_param_spec_boxed("extra-headers", "Extra headers",
                         "HTTP headers to send with each request for the stream",
                         GST_TYPE_STRUCTURE, when_ready));
  /**
   * GstP2pLiveSrc:cookies:
   *
   * HTTP cookies, each `NAME=VALUE`, for hosts of the same registrable domain as
   * #GstP2pLiveSrc:uri. Cookies that servers set are kept, and sent back to them, until READY.
   *
   * Since: 0.1
   */
  g_object_class_install_property(c, prop_cookies,
                                  g_param_spec_boxed("cookies", "Cookies",
                                                     "HTTP cookies to send, each NAME=VALUE",
                                                     G_TYPE_STRV, when_ready));
  /**
   * GstP2pLiveSrc:user-id:
   *
   * For servers that ask for a user (Basic or Digest), where they are of the same registrable
   * domain as #GstP2pLiveSrc:uri.
   *
   * Since: 0.1
   */
  install_string(c, prop_user_id, "user-id", "User id", "User for servers that ask for one");
  /**
   * GstP2pLiveSrc:user-pw:
   *
   * The password of #GstP2pLiveSrc:user-id, without which it is refused.
   *
   * Since: 0.1
   */
  install_string(c, prop_user_pw, "user-pw", "User password", "Password of user-id");
}

void install_proxy(GObjectClass* c) {
  /**
   * GstP2pLiveSrc:proxy:
   *
   * HTTP or SOCKS proxy for all HTTP requests, those to the services as well: an address with the
   * scheme `http`, `https`, `socks4`, `socks4a` or `socks5`, or `HOST:PORT` of an HTTP proxy.
   * Unset, the system's settings hold. What goes between viewers (MQTT, data channels) takes no
   * proxy.
   *
   * Since: 0.1
   */
  install_string(c, prop_proxy, "proxy", "Proxy",
                 "Address of an HTTP or SOCKS proxy (unset = the system's)");
  /**
   * GstP2pLiveSrc:proxy-id:
   *
   * The user for a #GstP2pLiveSrc:proxy that asks for one. It goes before one in the proxy's
   * address.
   *
   * Since: 0.1
   */
  install_string(c, prop_proxy_id, "proxy-id", "Proxy id", "User for the proxy");
  /**
   * GstP2pLiveSrc:proxy-pw:
   *
   * The password of #GstP2pLiveSrc:proxy-id.
   *
   * Since: 0.1
   */
  install_string(c, prop_proxy_pw, "proxy-pw", "Proxy password", "Password of proxy-id");
}

void install_tls(GObjectClass* c, const HttpOptions& defaults) {
  /**
   * GstP2pLiveSrc:tls-database:
   *
   * Certificate authorities to trust instead of the system's, for the stream's servers and for the
   * services. (Of the broker, which OpenSSL looks at, only a #GTlsFileDatabase's.)
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_tls_database,
      g_param_spec_object("tls-database", "TLS database",
                          "Certificate authorities to trust instead of the system's",
                          G_TYPE_TLS_DATABASE, when_ready));
  /**
   * GstP2pLiveSrc:ssl-ca-file:
   *
   * A PEM file in place of #GstP2pLiveSrc:tls-database, where that is not set: for launch lines,
   * which cannot name an object.
   *
   * Since: 0.1
   */
  install_string(c, prop_ssl_ca_file, "ssl-ca-file", "SSL CA file",
                 "PEM file of certificate authorities to trust instead of the system's");
  /**
   * GstP2pLiveSrc:ssl-strict:
   *
   * Refuses servers whose certificate is not valid. Without it anybody on the way can read and
   * change what comes over https.
   *
   * Since: 0.1
   */
  g_object_class_install_property(c, prop_ssl_strict,
                                  g_param_spec_boolean("ssl-strict", "SSL strict",
                                                       "Refuse invalid certificates",
                                                       defaults.verify_tls, when_ready));
}

void install_patience(GObjectClass* c, const HttpOptions& defaults) {
  /**
   * GstP2pLiveSrc:timeout:
   *
   * Seconds without any progress after which a request for the stream is given up, and made again.
   * 0 is what suits a live stream: 5 for a playlist, 4 for media. (souphttpsrc, whose default is
   * 15, waits for ever with 0.)
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_timeout,
      g_param_spec_uint("timeout", "Timeout",
                        "Seconds without progress until a request is given up (0 = automatic)", 0,
                        3600, 0, when_ready));
  /**
   * GstP2pLiveSrc:retries:
   *
   * How often the playlist is asked for again at the start, when what went wrong may pass. Once the
   * stream has played, what fails is tried again until nothing has been left to play for a minute.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      c, prop_retries,
      g_param_spec_int("retries", "Retries",
                       "Retries of the playlist at the start until giving up (-1 = endless)",
                       endless, G_MAXINT, static_cast<int>(*defaults.retries), when_ready));
}

void add_header(std::vector<HttpOptions::Header>& headers, const char* name, const GValue* value) {
  const bool list = GST_VALUE_HOLDS_LIST(value);
  if (list || GST_VALUE_HOLDS_ARRAY(value)) {
    const guint size = list ? gst_value_list_get_size(value) : gst_value_array_get_size(value);
    for (guint i = 0; i < size; ++i)
      add_header(headers, name,
                 list ? gst_value_list_get_value(value, i) : gst_value_array_get_value(value, i));
    return;
  }
  GValue text = G_VALUE_INIT;
  g_value_init(&text, G_TYPE_STRING);
  if (g_value_transform(value, &text))
    headers.push_back({name, string_of(&text)});
  else
    g_warning("p2plivesrc: the extra header %s has a value that is no text", name);
  g_value_unset(&text);
}

std::vector<HttpOptions::Header> headers_of(const GstStructure* structure) {
  std::vector<HttpOptions::Header> headers;
  for (int i = 0; structure && i < gst_structure_n_fields(structure); ++i) {
    const char* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    add_header(headers, name, gst_structure_get_value(structure, name));
  }
  return headers;
}

/// The values of all headers called `name`, as the structure has them.
void set_field(GstStructure* structure, const std::vector<HttpOptions::Header>& headers,
               const std::string& name) {
  GValue all = G_VALUE_INIT, one = G_VALUE_INIT;
  g_value_init(&all, GST_TYPE_ARRAY);
  g_value_init(&one, G_TYPE_STRING);
  for (const auto& header : headers)
    if (header.name == name) {
      g_value_set_string(&one, header.value.c_str());
      gst_value_array_append_value(&all, &one);
    }
  gst_structure_set_value(structure, name.c_str(),
                          gst_value_array_get_size(&all) > 1 ? &all : &one);
  g_value_unset(&one);
  g_value_unset(&all);
}

/// Null for none.
GstStructure* to_structure(const std::vector<HttpOptions::Header>& headers) {
  if (headers.empty())
    return nullptr;
  auto* structure = gst_structure_new_empty("extra-headers");
  for (const auto& header : headers)
    set_field(structure, headers, header.name);
  return structure;
}

std::vector<std::string> strings_of(const GValue* value) {
  std::vector<std::string> strings;
  for (auto* each = static_cast<char**>(g_value_get_boxed(value)); each && *each; ++each)
    strings.emplace_back(*each);
  return strings;
}

void give_strings(GValue* value, const std::vector<std::string>& strings) {
  if (strings.empty())
    return g_value_set_boxed(value, nullptr);
  std::vector<const char*> pointers;
  for (const auto& each : strings)
    pointers.push_back(each.c_str());
  pointers.push_back(nullptr);
  g_value_set_boxed(value, pointers.data());
}

std::shared_ptr<void> object_of(const GValue* value) {
  auto* object = g_value_dup_object(value);
  return object ? std::shared_ptr<void>(object, g_object_unref) : nullptr;
}

} // namespace

void install_http_properties(GObjectClass* c) {
  const HttpOptions defaults;
  install_identity(c);
  install_proxy(c);
  install_tls(c, defaults);
  install_patience(c, defaults);
}

bool set_http_option(HttpOptions& options, guint id, const GValue* value) {
  switch (id) {
  case prop_extra_headers:
    options.headers = headers_of(gst_value_get_structure(value));
    return true;
  case prop_cookies:
    options.cookies = strings_of(value);
    return true;
  case prop_user_id:
    options.user = string_of(value);
    return true;
  case prop_user_pw:
    options.password = string_of(value);
    return true;
  case prop_proxy:
    options.proxy = string_of(value);
    return true;
  case prop_proxy_id:
    options.proxy_user = string_of(value);
    return true;
  case prop_proxy_pw:
    options.proxy_password = string_of(value);
    return true;
  case prop_tls_database:
    options.tls_database = object_of(value);
    return true;
  case prop_ssl_ca_file:
    options.ca_file = string_of(value);
    return true;
  case prop_ssl_strict:
    options.verify_tls = g_value_get_boolean(value);
    return true;
  case prop_timeout:
    options.timeout = std::chrono::seconds(g_value_get_uint(value));
    return true;
  case prop_retries:
    options.retries.reset();
    if (g_value_get_int(value) >= 0)
      options.retries = static_cast<unsigned>(g_value_get_int(value));
    return true;
  default:
    return false;
  }
}

bool get_http_option(const HttpOptions& options, guint id, GValue* value) {
  switch (id) {
  case prop_extra_headers:
    g_value_take_boxed(value, to_structure(options.headers));
    return true;
  case prop_cookies:
    give_strings(value, options.cookies);
    return true;
  case prop_user_id:
    give_string(value, options.user);
    return true;
  case prop_user_pw:
    give_string(value, options.password);
    return true;
  case prop_proxy:
    give_string(value, options.proxy);
    return true;
  case prop_proxy_id:
    give_string(value, options.proxy_user);
    return true;
  case prop_proxy_pw:
    give_string(value, options.proxy_password);
    return true;
  case prop_tls_database:
    g_value_set_object(value, options.tls_database.get());
    return true;
  case prop_ssl_ca_file:
    give_string(value, options.ca_file);
    return true;
  case prop_ssl_strict:
    g_value_set_boolean(value, options.verify_tls);
    return true;
  case prop_timeout:
    g_value_set_uint(value, static_cast<guint>(
                                std::chrono::ceil<std::chrono::seconds>(options.timeout).count()));
    return true;
  case prop_retries:
    g_value_set_int(value, options.retries ? static_cast<int>(*options.retries) : endless);
    return true;
  default:
    return false;
  }
}

} // namespace p2plive::gst
