// Which viewers connect with which, behind which NATs, over a real STUN server and broker.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "attempt.h"
#include "nat_main.h"

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Access;
using test::Attempt;
using test::Internet;
using test::Outcome;

namespace {

constexpr std::array kinds{Access::open,      Access::full_cone,  Access::restricted,
                           Access::symmetric, Access::dual_stack, Access::udp_blocked};

/// IPv4's part of the rule: a symmetric NAT's port is not what the STUN server saw, so the other
/// side must take datagrams from any port. Nobody relays.
bool ports_agree(Access one, Access other) {
  auto guessed = [](Access access) {
    return access == Access::symmetric || access == Access::dual_stack;
  };
  auto strict = [&](Access access) { return guessed(access) || access == Access::restricted; };
  return !(guessed(one) && strict(other)) && !(guessed(other) && strict(one));
}

bool expected_to_connect(Access one, Access other) {
  if (one == Access::udp_blocked || other == Access::udp_blocked)
    return false;
  return ports_agree(one, other) || (one == Access::dual_stack && other == Access::dual_stack);
}

struct Row {
  std::string from, to;
  bool expected;
  Outcome outcome;
};

void print(const std::vector<Row>& rows) {
  std::printf("| offerer | answerer | connected | ms | candidates | over |\n"
              "| --- | --- | --- | ---: | --- | --- |\n");
  for (const auto& row : rows)
    if (row.outcome.connected)
      std::printf("| %s | %s | yes | %d | %s - %s | %s |\n", row.from.c_str(), row.to.c_str(),
                  row.outcome.milliseconds, row.outcome.local.c_str(), row.outcome.remote.c_str(),
                  row.outcome.family.c_str());
    else
      std::printf("| %s | %s | no | | %s | |\n", row.from.c_str(), row.to.c_str(),
                  row.outcome.reason.c_str());
  std::fflush(stdout);
}

std::string name(Access access) {
  return std::string(test::name_of(access));
}

/// Two sites of each kind, so that every kind meets its own.
struct Sites {
  Internet internet;
  std::map<Access, test::Site> first, second;
  test::Site lan = internet.add_site(Access::restricted, 2);
  test::Site strict_lan = internet.add_site(Access::symmetric, 2);

  Sites() {
    for (auto kind : kinds) {
      first.emplace(kind, internet.add_site(kind));
      second.emplace(kind, internet.add_site(kind));
    }
  }
  std::unique_ptr<Attempt> attempt(Access from, Access to) {
    return std::make_unique<Attempt>(internet, first.at(from).host(), second.at(to).host());
  }
};

Outcome finish(Attempt& attempt) {
  auto outcome = attempt.finish();
  auto wrong = attempt.end();
  fail_unless(wrong.empty(), "%s", wrong.c_str());
  return outcome;
}

void expect(const Row& row) {
  fail_unless(row.outcome.connected == row.expected, "%s and %s: %s", row.from.c_str(),
              row.to.c_str(),
              row.outcome.connected ? "they connect, which was not to be expected"
                                    : row.outcome.reason.c_str());
}

} // namespace

// Rule: pairs connect when, and only when, their NATs leave a way without a relay; whoever offers.
// On one LAN they connect directly, with IPv6 on both sides over IPv6.
GST_START_TEST(every_pair_as_expected) {
  Sites sites;
  // Those with no way take their ten seconds, while the others connect one after another.
  std::vector<std::pair<Row, std::unique_ptr<Attempt>>> hopeless;
  std::vector<Row> rows;
  auto chosen = [](Access from, Access to) { return !test::sanitized || from == to; };
  for (auto from : kinds)
    for (auto to : kinds)
      if (chosen(from, to) && !expected_to_connect(from, to))
        hopeless.emplace_back(Row{name(from), name(to), false, {}}, sites.attempt(from, to));
  for (auto from : kinds)
    for (auto to : kinds)
      if (chosen(from, to) && expected_to_connect(from, to))
        rows.push_back({name(from), name(to), true, finish(*sites.attempt(from, to))});
  for (auto* lan : {&sites.lan, &sites.strict_lan}) {
    Attempt attempt(sites.internet, lan->host(0), lan->host(1));
    auto router = lan == &sites.lan ? name(Access::restricted) : name(Access::symmetric);
    rows.push_back({router + ", one LAN", "the same LAN", true, finish(attempt)});
  }
  for (auto& [row, attempt] : hopeless) {
    row.outcome = finish(*attempt);
    rows.push_back(row);
  }
  print(rows);
  for (const auto& row : rows) {
    expect(row);
    auto path = row.outcome.local + " " + row.outcome.remote;
    bool ipv6 = row.from == row.to && row.from == name(Access::dual_stack);
    if (row.to == "the same LAN" || ipv6)
      fail_unless(path == "host host", "%s: %s", row.from.c_str(), path.c_str());
    fail_unless(!ipv6 || row.outcome.family == "IPv6");
  }
}
GST_END_TEST;

static Suite* nat_pairs_suite() {
  auto* suite = suite_create("nat_pairs");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, every_pair_as_expected);
  return suite;
}

P2PLIVE_NAT_MAIN(nat_pairs)
