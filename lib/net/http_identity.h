// What requests say about who sends them, and to which servers they say it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

typedef struct _GUri GUri;
typedef struct _SoupAuth SoupAuth;
typedef struct _SoupCookieJar SoupCookieJar;
typedef struct _SoupMessage SoupMessage;
typedef struct _SoupSession SoupSession;

namespace p2plive::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// As an application gives it; names and values have been checked.
///
/// What proves an identity (the header Authorization, cookies, user and password) goes only to the
/// site of `home`: hosts of the same registrable domain (RFC 6265, section 5.1.3, and the public
/// suffix list), or the very same host where it is an address or has no such domain; and never in
/// the clear when `home` is https. All other headers go with every request, as curl does with those
/// of its command line: servers that check where a player comes from are elsewhere more often than
/// not.
struct HttpIdentity {
  std::string home; ///< absolute http(s) URI
  std::vector<HttpHeader> headers;
  std::vector<std::string> cookies; ///< NAME=VALUE
  std::string user;                 ///< empty: none
  std::string password;
};

/// Puts an identity into libsoup's hands. On the session's thread.
class HttpIdentifier {
public:
  explicit HttpIdentifier(HttpIdentity identity);

  /// A jar that keeps what servers set, with the identity's own cookies in it. It lives as long as
  /// the session.
  void keep_cookies(SoupSession* session) const;

  /// Sets the headers for where the message goes now, and takes away what may not go there. When
  /// everything else is set, and again after each redirect.
  void sign(SoupMessage* message) const;

  /// Answers a server that asks for user and password; false: there are none for it.
  bool authenticate(SoupMessage* message, SoupAuth* auth) const;

private:
  bool at_home(GUri* uri) const;
  void add_cookie(SoupCookieJar* jar, const std::string& cookie) const;

  HttpIdentity identity_;
  std::string home_host_;
  std::string home_domain_;
  bool home_secure_ = false;
};

} // namespace p2plive::net
