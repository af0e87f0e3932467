// main() of tests that need network namespaces: without them they are skipped, and say so.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "network_namespace.h"

#include <cstdio>

namespace p2plive::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr int skipped = 77; ///< for Meson

} // namespace p2plive::test

/// In place of GST_CHECK_MAIN, which must not be told of more tests than can be run.
#define P2PLIVE_NAT_MAIN(name)                                                                     \
  int main(int argc, char** argv) {                                                                \
    if (auto why = p2plive::test::NetworkNamespace::refusal()) {                                   \
      std::printf("SKIPPED: %s\n", why->c_str());                                                  \
      return p2plive::test::skipped;                                                               \
    }                                                                                              \
    gst_check_init(&argc, &argv);                                                                  \
    return gst_check_run_suite(name##_suite(), #name, __FILE__);                                   \
  }
