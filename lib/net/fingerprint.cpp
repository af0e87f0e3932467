// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/fingerprint.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace p2plive::net {

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!certificate || X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
    return {};
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i)
      text += ':';
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

} // namespace p2plive::net
