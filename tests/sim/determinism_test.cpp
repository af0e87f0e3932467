// The same seed gives the same run.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {
std::uint64_t run(std::uint64_t seed) {
  World world({seed, {}, {.loss = 0.01}});
  world.add(8, defaults(), 4s);
  world.at(20s, [&] { world.viewers()[2]->kill(); });
  world.at(25s, [&] { world.cdn.restart_encoder(); });
  world.run_for(50s);
  return world.digest();
}
} // namespace

// Rule: two runs of one seed are equal, action by action and to the nanosecond; another seed gives
// another run.
GST_START_TEST(same_seed_same_run) {
  auto digest = run(1);
  fail_unless_equals_uint64(run(1), digest);
  fail_if(run(2) == digest);
}
GST_END_TEST;

static Suite* determinism_suite() {
  auto* suite = suite_create("determinism");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, same_seed_same_run);
  return suite;
}

GST_CHECK_MAIN(determinism)
