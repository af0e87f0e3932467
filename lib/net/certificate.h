// The self-signed P-256 certificate that DTLS shows, and its fingerprint.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>
#include <string>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace p2plive::net {

/// Immutable; may be shared by all connections of a process, on any thread.
class Certificate {
public:
  /// A fresh one, valid for 30 days. Null when OpenSSL refuses.
  static std::shared_ptr<const Certificate> generate();
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  X509* x509() const { return x509_; }
  EVP_PKEY* key() const { return key_; }
  /// SHA-256, upper-case hexadecimal with colons, as a=fingerprint has it (RFC 8122).
  const std::string& fingerprint() const { return fingerprint_; }

private:
  Certificate(X509* x509, EVP_PKEY* key, std::string fingerprint);
  X509* x509_;
  EVP_PKEY* key_;
  std::string fingerprint_;
};

} // namespace p2plive::net
