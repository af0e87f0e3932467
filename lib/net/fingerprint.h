// The SHA-256 fingerprint by which a description vouches for a certificate (RFC 8122).
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

typedef struct x509_st X509;

namespace p2plive::net {

/// Upper-case hexadecimal with colons, as a=fingerprint has it; empty when OpenSSL refuses.
std::string fingerprint_of(const X509* certificate);

} // namespace p2plive::net
