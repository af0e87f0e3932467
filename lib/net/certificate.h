// The self-signed P-256 certificate that DTLS shows, and its fingerprint.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct ssl_ctx_st SSL_CTX;

namespace p2plive::net {

/// Immutable; may be shared by all connections of a process, on any thread.
class Certificate {
public:
  using Clock = std::chrono::steady_clock;

  /// How old the process's may be for those who ask for it.
  static constexpr std::chrono::hours shared_for{1};

  /// A fresh one, valid for 30 days. Null when OpenSSL refuses.
  static std::shared_ptr<const Certificate> generate();

  /// The process's: made by the first who asks, gone with the last who holds it. A fingerprint is a
  /// cookie that other viewers see (RFC 8827 section 6.5), so it is not to last: `shared_for` after
  /// it was made, those who come get another. Any thread. Null when OpenSSL refuses.
  static std::shared_ptr<const Certificate> share(Clock::time_point now = Clock::now());

  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  X509* x509() const { return x509_; }
  EVP_PKEY* key() const { return key_; }
  /// SHA-256, upper-case hexadecimal with colons, as a=fingerprint has it (RFC 8122).
  const std::string& fingerprint() const { return fingerprint_; }
  /// Common to all its connections; as make_dtls_settings() has it.
  SSL_CTX* dtls_settings() const { return dtls_settings_.get(); }

private:
  Certificate(X509* x509, EVP_PKEY* key) : x509_(x509), key_(key) {}
  X509* x509_;
  EVP_PKEY* key_;
  std::string fingerprint_;
  std::shared_ptr<SSL_CTX> dtls_settings_;
};

} // namespace p2plive::net
