// Connections one after another, P2PLIVE_TEST_CONNECTS of them or a hundred.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_reserve.h"

#include "peer_pair.h"
#include "process_figures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Pair;

namespace {

constexpr long most_kib_more = 2048;

int connects() {
  auto* given = std::getenv("P2PLIVE_TEST_CONNECTS");
  return given ? std::max(1, std::atoi(given)) : test::share > 1 ? 20 : 100;
}

/// Every second pair has gathered in advance.
void connect(test::Loop& loop, const std::shared_ptr<net::IceReserve>& reserve, int number) {
  auto options = test::loopback_options();
  if (number % 2)
    options.reserve = reserve;
  Pair pair(loop.context(), options);
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }), "connection %d: %s / %s", number,
              pair.offerer.reason.c_str(), pair.answerer.reason.c_str());
  fail_unless(pair.offerer.send(std::vector<std::uint8_t>(65'000, 42)));
  fail_unless(loop.run_until([&] { return !pair.answerer.messages.empty(); }));
}

} // namespace

// Rule: what was connected and let go leaves no descriptor and no memory behind.
GST_START_TEST(they_leave_nothing) {
  test::Loop loop;
  auto reserve = std::make_shared<net::IceReserve>(loop.context());
  reserve->use({.local_addresses = {"127.0.0.1"}});
  auto round = [&](int count) {
    reserve->keep(2);
    for (int i = 0; i < count; ++i)
      connect(loop, reserve, i);
    reserve->keep(0);
    // libnice closes its agents some iterations later.
    auto least = test::open_descriptors();
    while (loop.run_until([&] { return test::open_descriptors() < least; }, 200ms))
      least = test::open_descriptors();
  };
  round(30 / test::share);
  auto descriptors = test::open_descriptors();
  auto memory = test::held_kib();
  auto count = connects();
  round(count);
  fail_unless_equals_int(test::open_descriptors(), descriptors);
  auto more = test::held_kib() - memory;
  std::printf("%d connections more: %ld KiB more\n", count, more);
  fail_unless(more < most_kib_more, "%ld KiB more", more);
}
GST_END_TEST;

static Suite* connects_suite() {
  auto* suite = suite_create("connects");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 600);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, they_leave_nothing);
  return suite;
}

GST_CHECK_MAIN(connects)
