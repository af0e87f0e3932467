// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/neighbour.h"

#include "core_test.h"

#include <algorithm>

namespace {

HaveMessage have_of(std::uint64_t sn, std::vector<ChunkSpan> chunks, std::uint64_t version = 7) {
  HaveMessage have;
  have.oldest = SequenceNumber{5};
  have.newest_listed = SequenceNumber{9};
  have.objects.push_back({chunk_of(sn, 0, version).object, 100 * chunk_size, std::move(chunks)});
  return have;
}

} // namespace

// Rule: a segment is named in full once, then its chunks alone are told; the other side knows what
// is meant.
GST_START_TEST(named_once) {
  Neighbour there(peer(1), start), here(peer(2), start);
  auto first = there.tell(have_of(6, {{0, 1}}));
  fail_unless(first.objects.size() == 1 && first.gains.empty());
  here.learn(first);
  auto second = there.tell(have_of(6, {{2, 2}, {40, 1}}));
  fail_unless(second.objects.empty() && second.gains.size() == 2);
  here.learn(second);
  for (std::uint32_t chunk : {0, 2, 3, 40})
    fail_unless(here.has(chunk_of(6, chunk)));
  for (std::uint32_t chunk : {1, 4, 39, 41})
    fail_if(here.has(chunk_of(6, chunk)));
  auto replaced = there.tell(have_of(6, {{0, 1}}, 8));
  fail_unless(replaced.objects.size() == 1, "another version is named again");
  here.learn(replaced);
  fail_unless(here.has(chunk_of(6, 0, 8)) && !here.has(chunk_of(6, 2)));
}
GST_END_TEST;

// Rule: nobody is told of chunks that it has itself.
GST_START_TEST(no_news) {
  Neighbour there(peer(1), start);
  there.learn(have_of(6, {{0, 4}}));
  fail_unless(there.tell(have_of(6, {{0, 2}})).objects.empty());
  auto gains = there.tell(have_of(6, {{3, 4}})).gains;
  fail_unless(gains.size() == 1 && gains[0].word == 0 && gains[0].bits == 0x70);
}
GST_END_TEST;

// Rule: what one side has named the other need not name again.
GST_START_TEST(named_by_either) {
  Neighbour there(peer(1), start), here(peer(2), start);
  here.learn(there.tell(have_of(6, {{0, 1}})));
  auto back = here.tell(have_of(6, {{5, 2}}));
  fail_unless(back.objects.empty() && back.gains.size() == 1);
  there.learn(back.gains[0]);
  fail_unless(there.has(chunk_of(6, 5)) && there.has(chunk_of(6, 6)) && !there.has(chunk_of(6, 0)));
  auto other = here.tell(have_of(6, {{5, 2}}, 8));
  fail_unless(other.objects.size() == 1, "another version is named");
}
GST_END_TEST;

// Rule: gains of what was never named, or lies beyond the segment, are nothing.
GST_START_TEST(gains_of_nothing) {
  Neighbour here(peer(1), start);
  HaveMessage have;
  have.oldest = SequenceNumber{5};
  have.newest_listed = SequenceNumber{9};
  have.gains = {{SequenceNumber{6}, 0, ~0u}};
  here.learn(have);
  fail_unless(here.segments().empty());
  // As many chunks as fill a word: the address sanitizer sees what is written behind it.
  auto named = have_of(6, {});
  named.objects[0].size = 64 * chunk_size;
  here.learn(named);
  have.gains = {
      {SequenceNumber{6}, 1, ~0u}, {SequenceNumber{6}, 2, ~0u}, {SequenceNumber{6}, 255, ~0u}};
  here.learn(have);
  fail_unless(here.has(chunk_of(6, 63)) && !here.has(chunk_of(6, 64)));
}
GST_END_TEST;

// Rule: init sections, whose numbers lie outside the window, outlive it, a few of them; they are
// named in full whenever they are told.
GST_START_TEST(init_sections) {
  Neighbour there(peer(1), start), here(peer(2), start);
  for (std::uint64_t n = 0; n < 6; ++n) {
    auto have = have_of(first_init_number + n, {{0, 1}});
    fail_unless_equals_int(static_cast<int>(there.tell(have).objects.size()), 1);
    fail_unless_equals_int(static_cast<int>(there.tell(have).objects.size()), 1);
    here.learn(have);
    here.learn(have_of(6 + n % 4, {{0, 1}}));
    fail_unless(here.has(chunk_of(first_init_number + n, 0)));
    fail_unless(there.tell(have).gains.empty());
  }
  auto inits = std::ranges::count_if(
      here.segments(), [](const RemoteSegment& segment) { return is_init(segment.name.sn); });
  fail_unless_equals_int(static_cast<int>(inits), 4);
  fail_unless(here.has(chunk_of(9, 0)), "and segments are where they were");
  auto known = have_of(first_init_number + 5, {{0, 1}});
  fail_unless(here.tell(known).objects.empty(), "it has it itself");
}
GST_END_TEST;

static Suite* neighbour_suite() {
  auto* suite = suite_create("neighbour");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, named_once);
  tcase_add_test(tcase, no_news);
  tcase_add_test(tcase, named_by_either);
  tcase_add_test(tcase, gains_of_nothing);
  tcase_add_test(tcase, init_sections);
  return suite;
}

GST_CHECK_MAIN(neighbour)
