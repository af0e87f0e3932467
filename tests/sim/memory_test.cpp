// The memory of viewers that share.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {

struct Pools {
  std::uint64_t taken = 0, reused = 0; ///< slabs, by all viewers since the start
  explicit Pools(const World& world) {
    for (const auto& viewer : world.viewers()) {
      auto statistics = viewer->swarm().statistics();
      taken += statistics.pool_allocated;
      reused += statistics.pool_reused;
    }
  }
};

/// What the pools of four viewers did in two minutes after the first two, with segments whose
/// sizes vary by such a share.
std::pair<std::uint64_t, std::uint64_t> taken_and_reused(double variation, std::uint64_t seed) {
  World world({seed, {.variation = variation}});
  world.add(4, defaults(), 4s);
  world.run_for(120s);
  Pools before(world);
  world.run_for(120s);
  check_right(world);
  Pools after(world);
  auto taken = after.taken - before.taken, reused = after.reused - before.reused;
  auto chunks = 4 * 60 * p2plive::core::chunk_count(500'000); // of 120 s of stream
  fail_unless(taken + reused > chunks * 9 / 10, "%d chunks came, of %d",
              static_cast<int>(taken + reused), static_cast<int>(chunks));
  return {taken, reused};
}

} // namespace

// Rule: at steady state no viewer's pool takes anything more from the system, whether a chunk came
// from the CDN or from another viewer.
GST_START_TEST(equal_segments_take_nothing_more) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed)
    fail_unless_equals_uint64(taken_and_reused(0, seed).first, 0);
}
GST_END_TEST;

// Rule: where the window is now and then larger than ever before, 99 chunks in 100 at least go
// where an earlier one was.
GST_START_TEST(unequal_segments_take_little_more) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    auto [taken, reused] = taken_and_reused(0.2, seed);
    fail_unless(taken * 100 <= taken + reused, "%d taken, %d reused", static_cast<int>(taken),
                static_cast<int>(reused));
  }
}
GST_END_TEST;

static Suite* memory_suite() {
  auto* suite = suite_create("memory");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, equal_segments_take_nothing_more);
  tcase_add_test(tcase, unequal_segments_take_little_more);
  return suite;
}

GST_CHECK_MAIN(memory)
