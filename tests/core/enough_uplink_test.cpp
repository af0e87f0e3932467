// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/enough_uplink.h"

#include "core_test.h"

#include <initializer_list>

namespace {

constexpr double bitrate = 250'000; // 2 Mbit/s

/// Of these uplinks in kbit/s; 0: not known.
Neighbours with(std::initializer_list<std::uint32_t> uplinks) {
  Neighbours out;
  std::uint64_t n = 0;
  for (auto uplink : uplinks) {
    auto& one = out.emplace(peer(n), Neighbour(peer(n), start)).first->second;
    one.ready = true;
    one.tells_uplink(uplink);
    ++n;
  }
  return out;
}

} // namespace

// Rule: there is enough when the mean of what those near can upload is the bitrate. They tell a
// power of two that is no more than it is.
GST_START_TEST(the_mean) {
  fail_unless(enough_uplink(with({2'000, 2'000}), bitrate));
  fail_unless(enough_uplink(with({256, 256, 4'096}), bitrate));
  fail_if(enough_uplink(with({256, 256, 256, 4'096}), bitrate));
  fail_unless(enough_uplink(with({1'500}), bitrate), "it may be 3 000");
  fail_if(enough_uplink(with({1'400}), bitrate));
}
GST_END_TEST;

// Rule: one that uploads very much, or says so, counts for eight bitrates.
GST_START_TEST(no_giant) {
  fail_unless(enough_uplink(with({1'000'000, 16, 16, 16}), bitrate));
  fail_if(enough_uplink(with({1'000'000, 16, 16, 16, 16, 16, 16, 16, 16}), bitrate));
}
GST_END_TEST;

// Rule: of whom nothing is known does not count, nor who has not said hello; until something is
// known there is enough.
GST_START_TEST(the_unknown) {
  fail_unless(enough_uplink({}, bitrate));
  fail_unless(enough_uplink(with({0, 0}), bitrate));
  fail_unless(enough_uplink(with({0, 0, 0, 2'000}), bitrate));
  fail_unless(enough_uplink(with({16}), 0));
  auto all = with({16, 16});
  for (auto& [id, one] : all)
    one.ready = false;
  fail_unless(enough_uplink(all, bitrate));
}
GST_END_TEST;

static Suite* enough_uplink_suite() {
  auto* suite = suite_create("enough_uplink");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_mean);
  tcase_add_test(tcase, no_giant);
  tcase_add_test(tcase, the_unknown);
  return suite;
}

GST_CHECK_MAIN(enough_uplink)
