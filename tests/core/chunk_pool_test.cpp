// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/chunk_pool.h"

#include <gst/check/gstcheck.h>

#include <thread>

using namespace p2plive::core;

// Rule: a slab that was released is used again before another is taken from the system.
GST_START_TEST(released_slabs_are_reused) {
  ChunkPool pool(10 * ChunkPool::slab_size);
  auto* first = pool.allocate().data();
  auto again = pool.allocate();
  fail_unless(again.data() == first);
  fail_unless_equals_uint64(pool.allocated(), 1);
  fail_unless_equals_uint64(pool.reused(), 1);
}
GST_END_TEST;

// Rule: the byte limit is hard.
GST_START_TEST(the_limit_holds) {
  ChunkPool pool(2 * ChunkPool::slab_size);
  auto a = pool.allocate(), b = pool.allocate();
  fail_unless(a && b);
  fail_if(pool.allocate());
  b = {};
  fail_unless(pool.allocate());
}
GST_END_TEST;

// Rule: what is held downstream outlives the pool, whoever lets go last.
GST_START_TEST(references_outlive_the_pool) {
  ChunkRef kept;
  {
    ChunkPool pool(10 * ChunkPool::slab_size);
    kept = pool.allocate();
    auto returned = pool.allocate();
  }
  kept.data()[0] = 42;
  std::thread([moved = std::move(kept)]() mutable { moved = {}; }).join();
}
GST_END_TEST;

// Rule: slabs may come back from another thread while the owner allocates.
GST_START_TEST(returns_from_another_thread) {
  ChunkPool pool(64 * ChunkPool::slab_size);
  for (int round = 0; round < 200; ++round) {
    std::vector<ChunkRef> held;
    for (int i = 0; i < 16; ++i)
      held.push_back(pool.allocate());
    std::thread dropper([held = std::move(held)]() mutable { held.clear(); });
    for (int i = 0; i < 16; ++i)
      fail_unless(pool.allocate());
    dropper.join();
  }
  fail_unless(pool.allocated() <= 64);
}
GST_END_TEST;

// Rule: a pool that keeps sizes alone counts and bounds as any other, and takes no memory for
// bytes.
GST_START_TEST(sizes_alone_may_be_kept) {
  ChunkPool pool(2 * ChunkPool::slab_size, Keeping::sizes);
  auto a = pool.allocate(), b = pool.allocate();
  fail_unless(a && b && a.data() == b.data());
  fail_if(pool.allocate());
  b = {};
  fail_unless(pool.allocate());
  fail_unless_equals_uint64(pool.allocated(), 2);
  fail_unless_equals_uint64(pool.reused(), 1);
}
GST_END_TEST;

static Suite* chunk_pool_suite() {
  auto* suite = suite_create("chunk_pool");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, released_slabs_are_reused);
  tcase_add_test(tcase, the_limit_holds);
  tcase_add_test(tcase, references_outlive_the_pool);
  tcase_add_test(tcase, returns_from_another_thread);
  tcase_add_test(tcase, sizes_alone_may_be_kept);
  return suite;
}

GST_CHECK_MAIN(chunk_pool)
