// How long a viewer that is asked is believed, where there is enough uplink for all and where not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "company.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

/// What a viewer was told that it has for each of three chunks, which it alone has; all that are
/// near upload that much, in kbit/s.
std::vector<Duration> told(std::uint32_t uplink) {
  Company all(Company::Kind{.place = 0, .uplink = uplink});
  all.run_until_listed();
  all.has(2, {{13, 3}});
  all.run_for(50ms);
  std::vector<Duration> out;
  for (const auto& [to, request] : all.cdn.said<RequestMessage>())
    if (to == peer(2))
      out.push_back(request.deadline);
  std::ranges::sort(out);
  return out;
}

} // namespace

// Rule: where those near can upload what the stream takes, for three quarters of the time that is
// left, for who has waited for half of its time is served then; else for half of it.
GST_START_TEST(where_promises_are_kept) {
  auto enough = told(2'048), scarce = told(1'024);
  fail_unless(enough.size() == 3 && scarce.size() == 3, "%zu, %zu", enough.size(), scarce.size());
  for (std::size_t i = 0; i < 3; ++i) {
    fail_unless(scarce[i] > 2050ms, "what it should take thrice would be more");
    auto ratio = seconds(enough[i]) / seconds(scarce[i]);
    fail_unless(ratio > 1.45 && ratio < 1.55, "%.3f", ratio);
  }
}
GST_END_TEST;

static Suite* promises_suite() {
  auto* suite = suite_create("promises");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, where_promises_are_kept);
  return suite;
}

GST_CHECK_MAIN(promises)
