// Debian's libusrsctp.a is built for executables (-fPIE) and reaches for libc's in6addr_any as only
// an executable may. A copy that stays inside lets it be linked into a shared object too.
// netinet/in.h is left out on purpose: it declares the symbol with another visibility.
// SPDX-License-Identifier: LGPL-2.1-or-later

extern "C" {
extern const unsigned char in6addr_any[16] __attribute__((visibility("hidden")));
alignas(4) const unsigned char in6addr_any[16] = {};
}
