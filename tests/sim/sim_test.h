// What the simulator's tests share.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sim/world.h"

#include <gst/check/gstcheck.h>

namespace p2plive::test {

using namespace p2plive::sim;

inline ViewerSettings defaults() {
  ViewerSettings settings;
  settings.core.expects_peers = true;
  return settings;
}

/// Nobody ever handed out a byte that the CDN does not serve, or pieces that do not belong
/// together.
inline void check_right(const World& world) {
  for (const auto& viewer : world.viewers()) {
    fail_unless_equals_int(viewer->wrong(), 0);
    fail_unless_equals_int(viewer->spliced(), 0);
    fail_unless_equals_int(viewer->finished(), 0);
  }
}

inline TCase* new_case(Suite* suite) {
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  return tcase;
}

} // namespace p2plive::test

using namespace p2plive::test;
