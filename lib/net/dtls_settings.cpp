// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/dtls_settings.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace p2plive::net {

namespace {

// AES-128-GCM with our P-256 certificate first (882 MB/s); the RSA ones are for a browser whose
// certificate is of that kind.
constexpr char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
                           "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
                           "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";

// The fingerprint out of the signalling is the only authority there is (RFC 8827 6.5).
int verify(X509_STORE_CTX* store, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* judge = ssl ? static_cast<CertificateJudge*>(SSL_get_app_data(ssl)) : nullptr;
  auto* certificate = X509_STORE_CTX_get0_cert(store);
  if (judge && certificate && judge->accepts(certificate))
    return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

} // namespace

std::shared_ptr<SSL_CTX> make_dtls_settings(X509* certificate, EVP_PKEY* key) {
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(DTLS_method()), SSL_CTX_free);
  auto* settings = made.get();
  if (!settings || !SSL_CTX_set_min_proto_version(settings, DTLS1_2_VERSION) ||
      !SSL_CTX_set_max_proto_version(settings, DTLS1_2_VERSION) ||
      !SSL_CTX_set_cipher_list(settings, ciphers) ||
      !SSL_CTX_set1_groups_list(settings, "X25519:P-256:P-384") ||
      !SSL_CTX_use_certificate(settings, certificate) || !SSL_CTX_use_PrivateKey(settings, key) ||
      // We have no media; but webrtcbin takes a handshake without this extension for a failure.
      SSL_CTX_set_tlsext_use_srtp(settings, "SRTP_AES128_CM_SHA1_80") != 0)
    return nullptr;
  SSL_CTX_set_options(settings, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                    SSL_OP_SINGLE_ECDH_USE);
  SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(settings, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(settings, verify, nullptr);
  return made;
}

} // namespace p2plive::net
