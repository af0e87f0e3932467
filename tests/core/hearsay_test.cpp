// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/hearsay.h"

#include "core_test.h"

namespace {

constexpr WallTime date{std::chrono::milliseconds(1'700'000'000'100)};

ToldEntry entry(std::uint64_t sn, std::chrono::milliseconds duration = 2s) {
  return {SequenceNumber{sn}, duration, 3, date + std::chrono::seconds(2 * sn)};
}

} // namespace

// Rule: one neighbour's word is none, however often it says so; two who agree are believed.
GST_START_TEST(two_must_agree) {
  Hearsay hearsay;
  hearsay.note(peer(1), entry(5));
  hearsay.note(peer(1), entry(5));
  fail_if(hearsay.agreed(SequenceNumber{5}));
  hearsay.note(peer(2), entry(5, 2001ms));
  fail_if(hearsay.agreed(SequenceNumber{5}), "they do not agree");
  hearsay.note(peer(3), entry(6));
  fail_if(hearsay.agreed(SequenceNumber{5}), "of another one");
  hearsay.note(peer(3), entry(5));
  fail_unless(hearsay.agreed(SequenceNumber{5}) == entry(5));
  fail_if(hearsay.agreed(SequenceNumber{6}));
  auto who = hearsay.who_told(entry(5));
  fail_unless(who.size() == 2 && who[0] == peer(1) && who[1] == peer(3));
}
GST_END_TEST;

// Rule: what makes no other version makes no other entry.
GST_START_TEST(dates_may_differ_a_little) {
  for (auto [apart, agrees] : {std::pair(1ms, true), std::pair(1'000ms, false)}) {
    Hearsay hearsay;
    auto later = entry(5);
    *later.program_date_time += apart;
    hearsay.note(peer(1), entry(5));
    hearsay.note(peer(2), later);
    fail_unless(hearsay.agreed(SequenceNumber{5}).has_value() == agrees);
  }
}
GST_END_TEST;

// Rule: the word of who has left, or changed its mind, does not count, nor what is known by now.
GST_START_TEST(forgotten) {
  Hearsay hearsay;
  for (auto sn : {5, 6})
    for (auto by : {1, 2})
      hearsay.note(peer(by), entry(sn));
  hearsay.forget_until(SequenceNumber{5});
  fail_if(hearsay.agreed(SequenceNumber{5}));
  fail_unless(hearsay.agreed(SequenceNumber{6}).has_value());
  hearsay.note(peer(2), entry(6, 1s));
  fail_if(hearsay.agreed(SequenceNumber{6}));
  hearsay.note(peer(2), entry(6));
  hearsay.forget(peer(1));
  fail_if(hearsay.agreed(SequenceNumber{6}));
}
GST_END_TEST;

static Suite* hearsay_suite() {
  auto* suite = suite_create("hearsay");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, two_must_agree);
  tcase_add_test(tcase, dates_may_differ_a_little);
  tcase_add_test(tcase, forgotten);
  return suite;
}

GST_CHECK_MAIN(hearsay)
