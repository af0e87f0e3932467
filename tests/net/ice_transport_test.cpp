// IceTransport: two of them without anything above, on loopback.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_transport.h"

#include "loop.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using net::IceTransport;

namespace {

struct Sides {
  Sides(test::Loop& loop, const char* address, bool a_controls, bool b_controls) {
    auto make = [&](bool controlling) {
      IceTransport::Options options;
      options.controlling = controlling;
      options.local_addresses = {address};
      return std::make_unique<IceTransport>(loop.context(), options, [] {});
    };
    a = make(a_controls);
    b = make(b_controls);
    fail_unless(a->gather() && b->gather());
    fail_unless(loop.run_until([&] { return a->gathered() && b->gathered(); }));
  }
  void introduce(std::vector<std::string> first = {}) {
    for (auto [from, to] : {std::pair(a.get(), b.get()), std::pair(b.get(), a.get())}) {
      auto candidates = first;
      std::ranges::copy(from->local_candidates(), std::back_inserter(candidates));
      to->set_remote_credentials(from->ufrag(), from->password());
      to->add_remote_candidates(candidates);
    }
  }
  bool connected() const { return a->connected() && b->connected(); }

  std::unique_ptr<IceTransport> a, b;
};

bool has_ipv6_loopback() {
  std::ifstream file("/proc/net/if_inet6");
  return bool(std::string(std::istreambuf_iterator<char>(file), {}).find(" lo") !=
              std::string::npos);
}

} // namespace

// Rule: both sides may believe that they control, or that they do not: the conflict is settled
// (RFC 8445 section 7.3.1.1).
GST_START_TEST(role_conflicts_are_settled) {
  for (bool both : {true, false}) {
    test::Loop loop;
    Sides sides(loop, "127.0.0.1", both, both);
    sides.introduce();
    fail_unless(loop.run_until([&] { return sides.connected(); }), "both control: %d", both);
  }
}
GST_END_TEST;

// Rule: candidates are IPv6 addresses as well.
GST_START_TEST(ipv6_connects) {
  if (!has_ipv6_loopback())
    return g_message("no IPv6 on this machine's loopback: not tested");
  test::Loop loop;
  Sides sides(loop, "::1", true, false);
  sides.introduce();
  fail_unless(loop.run_until([&] { return sides.connected(); }));
}
GST_END_TEST;

// Rule: mDNS names, an end of candidates and whatever else cannot be used cost no time at all.
GST_START_TEST(what_cannot_be_used_does_not_delay) {
  auto time_of = [](std::vector<std::string> first) {
    test::Loop loop;
    Sides sides(loop, "127.0.0.1", true, false);
    auto begin = std::chrono::steady_clock::now();
    sides.introduce(std::move(first));
    fail_unless(loop.run_until([&] { return sides.connected(); }));
    return std::chrono::steady_clock::now() - begin;
  };
  auto name = [](int number) {
    return "candidate:1 1 udp 2113937151 2f9b3a-" + std::to_string(number) + ".local 5" +
           std::to_string(1000 + number) + " typ host";
  };
  std::vector<std::string> useless{"", "end-of-candidates", "a=end-of-candidates"};
  for (int number = 0; number < 40; ++number)
    useless.push_back(name(number));
  auto without = time_of({}), with = time_of(useless);
  std::chrono::duration<double, std::milli> more = with - without;
  std::printf("40 names more: %+.1f ms\n", more.count());
  fail_unless(with < without + 100ms, "%.1f ms more", more.count());
}
GST_END_TEST;

// Rule: consent to send is asked for again and again (RFC 7675), and its loss is noticed within 30
// s.
GST_START_TEST(lost_consent_is_noticed) {
  test::Loop loop;
  Sides sides(loop, "127.0.0.1", true, false);
  sides.introduce();
  fail_unless(loop.run_until([&] { return sides.connected(); }));
  sides.b.reset();
  auto begin = std::chrono::steady_clock::now();
  fail_unless(loop.run_until([&] { return sides.a->failed(); }, 30s));
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("consent lost: noticed after %.1f s\n", took.count());
}
GST_END_TEST;

static Suite* ice_transport_suite() {
  auto* suite = suite_create("ice_transport");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, role_conflicts_are_settled);
  tcase_add_test(tcase, ipv6_connects);
  tcase_add_test(tcase, what_cannot_be_used_does_not_delay);
  tcase_add_test(tcase, lost_consent_is_noticed);
  return suite;
}

GST_CHECK_MAIN(ice_transport)
