// Entries of playlists that others told of, and what they come to in a timeline.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/told_entry.h"

#include "core/timeline.h"

#include "core_test.h"

#include <functional>

namespace {

constexpr WallTime wall{std::chrono::milliseconds(1'700'000'000'000)};
constexpr std::uint64_t breaks = 0x10003; ///< what is told of it is its lowest bits

ListedSegment segment(std::uint64_t sn) {
  return {SequenceNumber{sn}, 2s, breaks, wall + std::chrono::seconds(2 * sn), false};
}

Listing listing(std::uint64_t first, std::uint64_t count) {
  Listing out{2s, false, {}};
  for (auto n = first; n < first + count; ++n)
    out.segments.push_back(segment(n));
  return out;
}

/// A timeline that lists 10 to 15.
Timeline listed() {
  Timeline timeline;
  timeline.update(start, wall, listing(10, 6));
  return timeline;
}

ToldEntry told(std::uint64_t sn) {
  return to_tell(segment(sn), true);
}

using Change = Timeline::Change;
using Changed = std::function<void(ListedSegment&)>;

} // namespace

// Rule: what was told has the version that it would have had from the playlist.
GST_START_TEST(the_same_version) {
  auto timeline = listed();
  fail_unless(timeline.extend(start, told(16)));
  auto* entry = timeline.find(SequenceNumber{16});
  fail_unless(entry->told && entry->start == 12s);
  fail_unless(entry->basis == basis_of(segment(16)));
  fail_unless(timeline.newest() == SequenceNumber{16});
  fail_unless(timeline.newest_listed() == SequenceNumber{15});
  for (auto duration : {Duration(2002ms), Duration(1999600us), Duration(2000400us)}) {
    Timeline other;
    auto before = listing(10, 6);
    for (auto& one : before.segments)
      one.duration = duration;
    other.update(start, wall, before);
    auto next = segment(16);
    next.duration = duration;
    fail_unless(other.extend(start, to_tell(next, true)));
    fail_unless(other.find(next.sn)->basis == basis_of(next));
  }
}
GST_END_TEST;

// Rule: only what goes on from the segment before it is told, or believed.
GST_START_TEST(what_goes_on) {
  const std::pair<const char*, Changed> others[] = {
      {"a break", [](auto& next) { ++next.discontinuity_sequence; }},
      {"a gap", [](auto& next) { next.gap = true; }},
      {"an init section", [](auto& next) { next.init = SequenceNumber{first_init_number}; }},
      {"a key", [](auto& next) { next.encrypted = true; }},
      {"another one", [](auto& next) { next.sn = SequenceNumber{17}; }},
      {"nothing", [](auto& next) { next.duration = 0s; }},
      {"no date", [](auto& next) { next.program_date_time.reset(); }},
      {"a date that leaps", [](auto& next) { *next.program_date_time += 501ms; }},
      {"before time", [](auto& next) { next.program_date_time = WallTime(-1ms); }},
  };
  fail_unless(goes_on(segment(15), segment(16)));
  for (const auto& [what, change] : others) {
    auto next = segment(16);
    change(next);
    fail_if(goes_on(segment(15), next), "%s", what);
    fail_unless(to_tell(next, false).duration == 0ms);
  }
  auto encrypted = segment(15);
  encrypted.encrypted = true;
  fail_if(goes_on(encrypted, segment(16)), "its key may go on, too");
  auto timeline = listed();
  const std::pair<const char*, std::function<void(ToldEntry&)>> lies[] = {
      {"a break", [](auto& next) { ++next.discontinuity_sequence; }},
      {"another one", [](auto& next) { next.sn = SequenceNumber{17}; }},
      {"an old one", [](auto& next) { next.sn = SequenceNumber{15}; }},
      {"nothing", [](auto& next) { next.duration = 0ms; }},
      {"too much", [](auto& next) { next.duration = 2501ms; }},
      {"no date", [](auto& next) { next.program_date_time.reset(); }},
      {"a date that leaps", [](auto& next) { *next.program_date_time -= 501ms; }},
  };
  for (const auto& [what, change] : lies) {
    auto next = told(16);
    change(next);
    fail_if(timeline.extend(start, next), "%s", what);
  }
  fail_unless_equals_int(static_cast<int>(timeline.entries().size()), 6);
  fail_if(Timeline().extend(start, told(16)));
}
GST_END_TEST;

// Rule: what cannot have been made yet is not believed, however many tell so; and the live edge is
// where it was, whatever is told.
GST_START_TEST(not_before_its_time) {
  for (bool dated : {true, false}) {
    auto shown = listing(10, 6);
    auto told_at = [&](std::uint64_t sn) {
      auto entry = told(sn);
      if (!dated)
        entry.program_date_time.reset();
      return entry;
    };
    for (auto& one : shown.segments)
      if (!dated)
        one.program_date_time.reset();
    Timeline timeline;
    timeline.update(start, wall + 32s, shown); // number 15 ends now
    fail_unless(timeline.extend(start, told_at(16)));
    fail_unless(timeline.live(start) == 12s, "%.3f s", seconds(timeline.live(start)));
    fail_if(timeline.extend(start + 999ms, told_at(17)));
    fail_unless(timeline.extend(start + 1s, told_at(17)));
    fail_if(timeline.extend(start + 1s, told_at(18)));
    fail_unless(timeline.live(start + 1s) == 13s);
    shown.segments.erase(shown.segments.begin());
    shown.segments.push_back(shown.segments.back());
    shown.segments.back().sn = SequenceNumber{16};
    if (dated)
      *shown.segments.back().program_date_time += 2s;
    timeline.update(start + 2100ms, wall + 34100ms, shown); // it had been told two seconds early
    fail_unless(timeline.live(start + 2100ms) <= 14100ms, "%.3f s",
                seconds(timeline.live(start + 2100ms)));
    fail_unless(timeline.live(start + 2100ms) >= 14s);
  }
}
GST_END_TEST;

// Rule: our own playlist has the last word. What it confirms is listed from then on ...
GST_START_TEST(confirmed) {
  auto timeline = listed();
  timeline.extend(start + 1s, told(16));
  timeline.extend(start + 3s, told(17));
  fail_unless(timeline.update(start + 4s, wall, listing(11, 6)) == Change::none);
  fail_unless(timeline.refuted().empty());
  fail_if(timeline.find(SequenceNumber{16})->told);
  fail_unless(timeline.find(SequenceNumber{16})->plain);
  fail_unless(timeline.find(SequenceNumber{17})->told);
  fail_unless(timeline.update(start + 6s, wall, listing(13, 6)) == Change::extended);
  fail_unless(timeline.newest_listed() == SequenceNumber{18});
  fail_if(timeline.find(SequenceNumber{17})->told);
  fail_unless(timeline.find(SequenceNumber{18})->start == 16s);
}
GST_END_TEST;

// ... what it contradicts is replaced, with all that was told to follow, and no restart ...
GST_START_TEST(contradicted) {
  const std::pair<const char*, Changed> others[] = {
      {"a length", [](auto& next) { next.duration = 1500ms; }},
      {"a break", [](auto& next) { ++next.discontinuity_sequence; }},
      {"another time", [](auto& next) { *next.program_date_time += 60s; }},
      {"a gap", [](auto& next) { next.gap = true; }},
      {"an init section", [](auto& next) { next.init = SequenceNumber{first_init_number}; }},
      {"a key", [](auto& next) { next.encrypted = true; }},
  };
  for (const auto& [what, change] : others) {
    auto timeline = listed();
    timeline.extend(start, told(16));
    timeline.extend(start + 1s, told(17));
    auto truth = listing(11, 6);
    change(truth.segments.back());
    auto changed = timeline.update(start + 2s, wall, truth);
    fail_unless(changed == Change::none, "%s", what);
    const auto& refuted = timeline.refuted();
    fail_unless_equals_int(static_cast<int>(refuted.size()), 2);
    fail_unless(refuted[0].sn == SequenceNumber{16} && !refuted[0].gone);
    fail_unless(refuted[0].lie == told(16), "%s", what);
    fail_unless(refuted[1].sn == SequenceNumber{17} && refuted[1].gone);
    const auto& entry = timeline.entries().back();
    fail_unless(entry.segment.sn == SequenceNumber{16} && !entry.told, "%s", what);
    fail_unless(entry.plain == goes_on(segment(15), entry.segment), "%s", what);
    fail_unless(entry.basis == basis_of(truth.segments.back()), "%s", what);
    fail_unless(entry.after_break == (entry.segment.discontinuity_sequence != breaks));
    fail_if(timeline.update(start + 3s, wall, truth) != Change::none);
    fail_unless(timeline.refuted().empty());
  }
}
GST_END_TEST;

// ... what makes another version of the same segment is replaced, too, and nobody's fault.
GST_START_TEST(another_version) {
  auto timeline = listed();
  timeline.extend(start, told(16));
  auto truth = listing(11, 6);
  truth.segments.back().duration = 2001ms;
  timeline.update(start + 2s, wall, truth);
  fail_unless_equals_int(static_cast<int>(timeline.refuted().size()), 1);
  fail_if(timeline.refuted()[0].lie.has_value());
}
GST_END_TEST;

// Rule: an edge that does not show yet what was told is not behind, and no restart, for however
// long; one that is behind what it had listed itself is.
GST_START_TEST(not_shown_yet) {
  auto timeline = listed();
  timeline.extend(start, told(16));
  timeline.extend(start + 1s, told(17));
  for (int i = 0; i < 20; ++i)
    fail_unless(timeline.update(start + i * 2s, wall, listing(10, 6)) == Change::none);
  fail_unless(timeline.newest() == SequenceNumber{17});
  timeline.drop_before(14s); // only what was told is left
  fail_unless(timeline.update(start + 50s, wall, listing(10, 6)) == Change::none);
  fail_unless(timeline.update(start + 50s, wall, listing(9, 6)) == Change::stale);
  fail_unless(timeline.update(start + 60s, wall, listing(9, 6)) == Change::restarted);
}
GST_END_TEST;

// Rule: a playlist that shows what was told and is played and gone by then says nothing of the
// edge, and is no restart.
GST_START_TEST(shown_too_late) {
  auto timeline = listed();
  timeline.extend(start, told(16));
  timeline.extend(start + 1s, told(17));
  timeline.drop_before(15s); // only 17 is left
  auto live = timeline.live(start + 10s);
  fail_unless(timeline.update(start + 10s, wall, listing(11, 6)) == Change::none);
  fail_unless(timeline.newest_listed() == SequenceNumber{16});
  fail_unless(timeline.newest() == SequenceNumber{17} && timeline.refuted().empty());
  fail_unless(timeline.live(start + 10s) == live);
}
GST_END_TEST;

// Rule: dates that were told do not move the live edge: each might be half a second ahead of the
// one before.
GST_START_TEST(told_dates_move_nothing) {
  Timeline timeline, other;
  auto now = *segment(15).program_date_time + 2'100ms;
  timeline.update(start, now, listing(10, 6));
  other.update(start, now, listing(10, 6));
  fail_unless(timeline.live(start) == 12'100ms);
  for (int i = 1; i <= 2; ++i) {
    auto early = segment(15 + i);
    *early.program_date_time -= i * 450ms;
    fail_unless(timeline.extend(start + i * 1s, to_tell(early, true)));
    other.extend(start + i * 1s, told(15 + i));
    fail_unless(timeline.live(start + i * 1s) == other.live(start + i * 1s));
  }
}
GST_END_TEST;

// Rule: neither very short segments are believed, of which there could be any number, nor dates
// that cannot be reckoned with.
GST_START_TEST(nothing_absurd) {
  auto timeline = listed();
  auto entry = told(16);
  entry.duration = 499ms;
  fail_if(timeline.extend(start, entry));
  entry = told(16);
  *entry.program_date_time += 18'446'744'073'709ms; // 2^64 ns
  fail_if(timeline.extend(start, entry));
  entry = told(16);
  entry.duration = 500ms;
  fail_unless(timeline.extend(start, entry));
}
GST_END_TEST;

// Rule: behind the end of the stream there is nothing; what the playlist has passed is taken for
// listed.
GST_START_TEST(the_end_and_what_was_passed) {
  auto timeline = listed();
  timeline.extend(start, told(16));
  timeline.extend(start + 1s, told(17));
  auto last = listing(11, 6);
  last.ended = true;
  timeline.update(start + 2s, wall, last);
  fail_unless(timeline.newest() == SequenceNumber{16} && timeline.ended());
  fail_unless_equals_int(static_cast<int>(timeline.refuted().size()), 1);
  fail_unless(timeline.refuted()[0].gone);
  fail_if(timeline.extend(start + 1s, told(17)));
  auto passed = listed();
  passed.extend(start, told(16));
  passed.update(start + 20s, wall, listing(17, 6));
  fail_if(passed.find(SequenceNumber{16})->told);
  fail_unless(passed.newest() == SequenceNumber{22});
}
GST_END_TEST;

static Suite* told_entry_suite() {
  auto* suite = suite_create("told_entry");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_same_version);
  tcase_add_test(tcase, what_goes_on);
  tcase_add_test(tcase, not_before_its_time);
  tcase_add_test(tcase, confirmed);
  tcase_add_test(tcase, contradicted);
  tcase_add_test(tcase, another_version);
  tcase_add_test(tcase, not_shown_yet);
  tcase_add_test(tcase, shown_too_late);
  tcase_add_test(tcase, told_dates_move_nothing);
  tcase_add_test(tcase, nothing_absurd);
  tcase_add_test(tcase, the_end_and_what_was_passed);
  return suite;
}

GST_CHECK_MAIN(told_entry)
