// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/store.h"

#include "core_test.h"

using Change = Store::SizeChange;

// Rule: the viewer's own CDN decides on a size; a viewer's word fills in until then.
GST_START_TEST(whose_size_counts) {
  Store store(64u << 20);
  auto& segment = store.add(SequenceNumber{5}, Basis{1});
  fail_unless(store.set_size(segment, 100'000, peer(1)) == Change::same);
  fail_if(segment.confirmed());
  fail_unless(store.set_size(segment, 200'000, peer(2)) == Change::refused);
  auto before = segment.name();
  store.put(segment, 0, store.allocate());
  fail_unless(store.set_size(segment, 150'000, {}) == Change::replaced);
  fail_unless(segment.confirmed());
  fail_if(segment.slots()[0].data);
  fail_unless_equals_int(segment.slots().size(), chunk_count(150'000));
  fail_if(segment.name() == before);
  fail_unless(store.find(before) == nullptr);
  fail_unless(store.set_size(segment, 100'000, peer(1)) == Change::refused);
}
GST_END_TEST;

// Rule: absurd sizes are refused, whoever tells them.
GST_START_TEST(absurd_sizes) {
  Store store(64u << 20);
  auto& segment = store.add(SequenceNumber{5}, Basis{1});
  fail_unless(store.set_size(segment, 0, {}) == Change::refused);
  fail_unless(store.set_size(segment, max_segment_size + 1, {}) == Change::refused);
  fail_unless(store.set_size(segment, max_segment_size, {}) == Change::same);
}
GST_END_TEST;

// Rule: all chunks are of one length but the last; a chunk is kept once.
GST_START_TEST(chunks) {
  Store store(64u << 20);
  auto& segment = store.add(SequenceNumber{5}, Basis{1});
  store.set_size(segment, 2 * chunk_size + 188, {});
  fail_unless_equals_int(segment.slots().size(), 3);
  fail_unless_equals_uint64(segment.length(1), chunk_size);
  fail_unless_equals_uint64(segment.length(2), 188);
  fail_unless(store.put(segment, 2, store.allocate()));
  fail_if(store.put(segment, 2, store.allocate()));
  fail_if(segment.whole());
  store.put(segment, 0, store.allocate());
  store.put(segment, 1, store.allocate());
  fail_unless(segment.whole());
}
GST_END_TEST;

// Rule: the window slides: what leaves it gives its memory back.
GST_START_TEST(the_window_slides) {
  Store store(4 * ChunkPool::slab_size);
  for (std::uint64_t sn = 1; sn <= 4; ++sn) {
    auto& segment = store.add(SequenceNumber{sn}, Basis{sn});
    store.set_size(segment, 1'000, {});
    store.put(segment, 0, store.allocate());
  }
  fail_if(store.allocate());
  store.drop_before(SequenceNumber{3});
  fail_unless_equals_int(store.segments().size(), 2);
  fail_unless(store.allocate());
}
GST_END_TEST;

// Rule: what a segment will have is told from those before it.
GST_START_TEST(expected_sizes) {
  Store store(64u << 20);
  fail_if(store.expected_size(2s));
  store.learn_rate(500'000, 2s);
  fail_unless_equals_uint64(*store.expected_size(4s), 1'000'000);
}
GST_END_TEST;

static Suite* store_suite() {
  auto* suite = suite_create("store");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, whose_size_counts);
  tcase_add_test(tcase, absurd_sizes);
  tcase_add_test(tcase, chunks);
  tcase_add_test(tcase, the_window_slides);
  tcase_add_test(tcase, expected_sizes);
  return suite;
}

GST_CHECK_MAIN(store)
