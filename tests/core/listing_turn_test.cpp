// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/listing_turn.h"

#include "core_test.h"

#include <functional>

namespace {

/// Someone who has nothing to do with fetching, in a large audience, in the midst of the stream.
ListingView bystander(std::uint64_t number = 1) {
  ListingView view;
  view.self = peer(number);
  view.audience = 1'000;
  view.neighbours = 20;
  view.appointed = {16, 0};
  view.plain = true;
  view.watched = 60s;
  view.unseen = 2s;
  view.target = 2s;
  view.listed = 12s;
  view.time_left = 3s;
  return view;
}

/// Of four segments in a row, those that it may leave to others.
int left_of_four(const ListingView& view) {
  int left = 0;
  for (std::uint64_t sn = 1'000; sn < 1'004; ++sn)
    left += may_leave(view, SequenceNumber{sn});
  return left;
}

} // namespace

// Rule: every viewer looks at one segment in four, and a quarter of the viewers look at each.
GST_START_TEST(turns) {
  int looks[8] = {};
  for (std::uint64_t number = 0; number < 4'000; ++number)
    for (std::uint64_t sn = 0; sn < 8; ++sn) {
      auto view = bystander(number);
      bool looks_itself = !may_leave(view, SequenceNumber{sn});
      looks[sn] += looks_itself;
      if (sn >= 4)
        fail_unless(looks_itself == !may_leave(view, SequenceNumber{sn - 4}));
      else if (sn == 0)
        fail_unless_equals_int(left_of_four(view), 3);
    }
  for (auto count : looks)
    fail_unless(count > 900 && count < 1'100, "%d of 4000", count);
}
GST_END_TEST;

// Rule: who is needed at its own playlist, or cannot be sure to hear of what is new, leaves nothing
// to others.
GST_START_TEST(who_always_looks) {
  const std::pair<const char*, std::function<void(ListingView&)>> cases[] = {
      {"of a small audience", [](auto& view) { view.audience = 32; }},
      {"appointed to fetch", [](auto& view) { view.appointed.place = 16; }},
      {"nobody is appointed", [](auto& view) { view.appointed = {}; }},
      {"fetches by a share", [](auto& view) { view.follows_tracker = false; }},
      {"few neighbours", [](auto& view) { view.neighbours = 7; }},
      {"a newcomer", [](auto& view) { view.watched = 19s; }},
      {"after what is not plain", [](auto& view) { view.plain = false; }},
      {"has not looked for long", [](auto& view) { view.unseen = 7001ms; }},
      {"a short playlist", [](auto& view) { view.listed = 4900ms; }},
      {"it would be late", [](auto& view) { view.time_left = 1s; }},
  };
  for (const auto& [what, change] : cases) {
    auto view = bystander();
    change(view);
    fail_unless(left_of_four(view) == 0, "%s", what);
  }
  auto nearly = bystander();
  nearly.audience = 33, nearly.neighbours = 8, nearly.watched = 20s, nearly.unseen = 7s;
  nearly.listed = 10s, nearly.time_left = 1001ms;
  fail_unless_equals_int(left_of_four(nearly), 3);
}
GST_END_TEST;

static Suite* listing_turn_suite() {
  auto* suite = suite_create("listing_turn");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, turns);
  tcase_add_test(tcase, who_always_looks);
  return suite;
}

GST_CHECK_MAIN(listing_turn)
