// SPDX-License-Identifier: LGPL-2.1-or-later
#include "media/uri_resolver.h"

#include "media/playlist_limits.h"

#include <glib.h>

namespace p2plive::media {

namespace {

// The path and the query go to the server as the playlist wrote them.
constexpr auto uri_flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED);

struct UriUnref {
  void operator()(GUri* uri) const { g_uri_unref(uri); }
};
using UriPointer = std::unique_ptr<GUri, UriUnref>;

/// GUri takes valid UTF-8 only; a server takes bytes.
std::string escaped(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (unsigned char c : text) {
    if (c > 0x20 && c < 0x7f) {
      result += static_cast<char>(c);
    } else {
      result += '%';
      result += hex[c >> 4];
      result += hex[c & 15];
    }
  }
  return result;
}

/// An http(s) address that GUri will write out: with a host, and a path that is empty or rooted.
bool is_web(GUri* uri) {
  std::string_view scheme = g_uri_get_scheme(uri);
  const char* host = g_uri_get_host(uri);
  char path = *g_uri_get_path(uri);
  return (scheme == "http" || scheme == "https") && host && *host && (path == '\0' || path == '/');
}

UriPointer parse_base(const std::string& text) {
  UriPointer uri(g_uri_parse(escaped(text).c_str(), uri_flags, nullptr));
  if (!uri || *g_uri_get_path(uri.get()))
    return uri;
  // GUri forgets the slash when it merges a path with an empty one (RFC 3986, 5.2.3).
  return UriPointer(g_uri_build(uri_flags, g_uri_get_scheme(uri.get()),
                                g_uri_get_userinfo(uri.get()), g_uri_get_host(uri.get()),
                                g_uri_get_port(uri.get()), "/", g_uri_get_query(uri.get()),
                                nullptr));
}

} // namespace

struct UriResolver::Base {
  UriPointer uri; ///< null: could not be read; absolute references still resolve
};

UriResolver::UriResolver(const std::string& base_uri) : base_(std::make_unique<Base>()) {
  if (base_uri.size() <= max_uri_length)
    base_->uri = parse_base(base_uri);
}

UriResolver::~UriResolver() = default;
UriResolver::UriResolver(UriResolver&&) noexcept = default;

tl::expected<std::string, UriResolver::Error> UriResolver::resolve(std::string_view reference) {
  if (reference.size() > max_uri_length)
    return tl::unexpected(Error::too_long);
  auto text = escaped(reference);
  UriPointer uri(base_->uri
                     ? g_uri_parse_relative(base_->uri.get(), text.c_str(), uri_flags, nullptr)
                     : g_uri_parse(text.c_str(), uri_flags, nullptr));
  if (!uri || !is_web(uri.get()))
    return tl::unexpected(Error::invalid);
  std::unique_ptr<char, decltype(&g_free)> absolute(g_uri_to_string(uri.get()), g_free);
  std::string result = absolute.get();
  if (result.size() > max_uri_length)
    return tl::unexpected(Error::too_long);
  if (!charge(result.size()))
    return tl::unexpected(Error::too_much);
  return result;
}

bool UriResolver::charge(std::size_t bytes) {
  used_ += bytes;
  return used_ <= max_uri_bytes;
}

} // namespace p2plive::media
