// What all DTLS connections with one certificate have in common, as OpenSSL keeps it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace p2plive::net {

/// Judges the other side's certificate. Every SSL made from the settings has one as its application
/// data (SSL_set_app_data); without it, no certificate is good enough.
class CertificateJudge {
public:
  virtual bool accepts(const X509* certificate) = 0;

protected:
  ~CertificateJudge() = default;
};

/// DTLS 1.2 with the cipher suites and groups of WebRTC, both sides showing a certificate. Costs as
/// much as a few handshakes, so it is made once for a certificate; may be used on any thread. Null
/// when OpenSSL refuses.
std::shared_ptr<SSL_CTX> make_dtls_settings(X509* certificate, EVP_PKEY* key);

} // namespace p2plive::net
