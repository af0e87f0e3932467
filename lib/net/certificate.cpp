// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/certificate.h"

#include "net/dtls_settings.h"
#include "net/fingerprint.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <cstdint>
#include <mutex>

namespace p2plive::net {

namespace {

constexpr long day = 24 * 60 * 60;

/// A day of clock skew before now, 30 days after it.
bool fill_in(X509* x509, EVP_PKEY* key) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1)
    return false;
  auto* name = X509_get_subject_name(x509);
  auto common_name = reinterpret_cast<const unsigned char*>("p2plive");
  return X509_set_version(x509, 2) && // which means v3
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) &&
         X509_gmtime_adj(X509_getm_notBefore(x509), -day) &&
         X509_gmtime_adj(X509_getm_notAfter(x509), 30 * day) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) &&
         X509_set_issuer_name(x509, name) && X509_set_pubkey(x509, key) &&
         X509_sign(x509, key, EVP_sha256());
}

} // namespace

std::shared_ptr<const Certificate> Certificate::generate() {
  std::shared_ptr<Certificate> made(new Certificate(X509_new(), EVP_EC_gen("P-256")));
  if (!made->x509_ || !made->key_ || !fill_in(made->x509_, made->key_))
    return nullptr;
  made->fingerprint_ = fingerprint_of(made->x509_);
  made->dtls_settings_ = make_dtls_settings(made->x509_, made->key_);
  return made->fingerprint_.empty() || !made->dtls_settings_ ? nullptr : made;
}

std::shared_ptr<const Certificate> Certificate::share(Clock::time_point now) {
  static std::mutex lock;
  static std::weak_ptr<const Certificate> token;
  static Clock::time_point made_at;
  std::lock_guard guard(lock);
  auto certificate = token.lock();
  if (!certificate || now - made_at >= shared_for) {
    certificate = generate();
    token = certificate;
    made_at = now;
  }
  return certificate;
}

Certificate::~Certificate() {
  X509_free(x509_);
  EVP_PKEY_free(key_);
}

} // namespace p2plive::net
