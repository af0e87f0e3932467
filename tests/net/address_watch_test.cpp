// AddressWatch: addresses as the test says they are.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/address_watch.h"

#include "loop.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

// Rule: a change is told once; having no address at all is none to act on, nor is having the same
// ones again after it.
GST_START_TEST(a_change_is_told_once) {
  test::Loop loop;
  std::vector<std::string> addresses{"192.0.2.1"};
  int looked = 0, changed = 0;
  net::AddressWatch watch(
      loop.context(), [&] { ++changed; },
      [&] {
        ++looked;
        return addresses;
      });
  auto look = [&] { return loop.run_until([&, before = looked] { return looked > before; }, 3s); };
  fail_unless(look());
  fail_unless_equals_int(changed, 0);
  addresses.clear();
  fail_unless(look());
  addresses = {"192.0.2.1"};
  fail_unless(look());
  fail_unless_equals_int(changed, 0);
  addresses = {"192.0.2.2"};
  fail_unless(look() && look());
  fail_unless_equals_int(changed, 1);
}
GST_END_TEST;

static Suite* address_watch_suite() {
  auto* suite = suite_create("address_watch");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_change_is_told_once);
  return suite;
}

GST_CHECK_MAIN(address_watch)
