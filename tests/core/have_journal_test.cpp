// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/have_journal.h"

#include "core_test.h"

namespace {

using Spread = HaveJournal::Spread;

/// A store and a timeline with segments 5 and 6 of ten chunks each.
struct Window {
  Timeline timeline;
  Store store{64u << 20};
  HaveJournal journal;

  Window() {
    Listing listing{2s, false, {}};
    for (std::uint64_t sn : {5, 6})
      listing.segments.push_back({SequenceNumber{sn}, 2s, 0, {}, false});
    timeline.update(start, WallTime{}, listing);
    for (std::uint64_t sn : {5, 6})
      store.set_size(store.add(SequenceNumber{sn}, Basis{sn}), 10 * chunk_size, {});
    take(); // what came before is told
  }
  void gain(Time now, std::uint64_t sn, std::uint32_t chunk, Spread spread = Spread::rare) {
    store.put(*store.find(SequenceNumber{sn}), chunk, store.allocate());
    journal.gained(now, SequenceNumber{sn}, chunk, spread);
  }
  bool due(Time at) const { return journal.due(at); }
  HaveMessage take() { return journal.differences(store, timeline); }
};

} // namespace

// Rule: differences go out in batches of a 25th of a second, and only once.
GST_START_TEST(batches) {
  Window window;
  window.gain(start + 1s, 5, 3);
  window.gain(start + 1020ms, 5, 4);
  window.gain(start + 1030ms, 6, 0);
  fail_if(window.due(start + 1039ms));
  fail_unless(window.due(start + 1040ms));
  auto have = window.take();
  fail_unless_equals_int(have.objects.size(), 2);
  fail_unless(have.objects[0].chunks == std::vector<ChunkSpan>({{3, 2}}));
  fail_unless(have.objects[1].chunks == std::vector<ChunkSpan>({{0, 1}}));
  fail_unless(have.oldest == SequenceNumber{5} && have.newest_listed == SequenceNumber{6});
  fail_if(window.due(start + 2s));
  fail_unless(window.take().objects.empty());
}
GST_END_TEST;

// Rule: what most have already can wait.
GST_START_TEST(what_can_wait) {
  Window window;
  window.gain(start + 2s, 5, 4, Spread::common);
  fail_if(window.due(start + 2399ms));
  fail_unless(window.due(start + 2400ms));
}
GST_END_TEST;

// Rule: what is fresh from the CDN is told sooner, what the playlist shows somewhat later; what a
// slow viewer has, later, for nobody waits for it.
GST_START_TEST(sooner_and_later) {
  Window window;
  window.gain(start + 1s, 5, 3, Spread::fresh);
  fail_unless(window.journal.wakeup() == start + 1020ms);
  window.journal.listed(start + 1s);
  fail_unless(window.journal.wakeup() == start + 1020ms);
  window.take();
  fail_unless(window.journal.wakeup() == Time::max());
  window.journal.listed(start + 2s);
  fail_unless(window.journal.wakeup() == start + 2050ms);
  window.take();
  window.journal.set_slow(true);
  window.gain(start + 3s, 5, 4);
  fail_unless(window.journal.wakeup() == start + 3400ms);
}
GST_END_TEST;

// Rule: a newcomer is told everything; what is void is told to nobody.
GST_START_TEST(the_whole_state) {
  Window window;
  for (std::uint32_t chunk : {0u, 1u, 2u, 9u})
    window.gain(start, 6, chunk);
  auto state = HaveJournal::state(window.store, window.timeline);
  fail_unless_equals_int(state.objects.size(), 2);
  fail_unless(state.objects[0].chunks.empty());
  fail_unless(state.objects[1].chunks == std::vector<ChunkSpan>({{0, 3}, {9, 1}}));
  window.journal.forget(SequenceNumber{6});
  fail_unless(window.take().objects.empty());
}
GST_END_TEST;

// Rule: however scattered what is here, the message stays within what a reader accepts.
GST_START_TEST(never_too_large) {
  Window window;
  window.store.clear();
  for (std::uint64_t sn = 0; sn < 80; ++sn) {
    auto& segment = window.store.add(SequenceNumber{sn}, Basis{sn});
    window.store.set_size(segment, 60 * chunk_size, {});
    for (std::uint32_t chunk = 0; chunk < 60; chunk += 2)
      window.store.put(segment, chunk, window.store.allocate());
  }
  auto bytes = encode(HaveJournal::state(window.store, window.timeline));
  std::string reason;
  fail_unless(bytes.size() <= max_envelope && decode(bytes, reason), "%s", reason.c_str());
}
GST_END_TEST;

static Suite* have_journal_suite() {
  auto* suite = suite_create("have_journal");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, batches);
  tcase_add_test(tcase, what_can_wait);
  tcase_add_test(tcase, sooner_and_later);
  tcase_add_test(tcase, the_whole_state);
  tcase_add_test(tcase, never_too_large);
  return suite;
}

GST_CHECK_MAIN(have_journal)
