// The names of p2plive-sim's figures.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include <regex>
#include <set>

#include "simulation/report.h"
#include "swarm/outcome.h"

#include <gst/check/gstcheck.h>

using namespace p2plive;

/// Of the members of a JSON object, at any depth.
static std::set<std::string> names(const std::string& json) {
  std::set<std::string> out;
  std::regex name("\"(\\w+)\": ");
  for (std::sregex_iterator it(json.begin(), json.end(), name), end; it != end; ++it)
    out.insert((*it)[1]);
  return out;
}

// Rule: what p2plive-swarm tells is told by the same name, but for what needs a real player or a
// real machine.
GST_START_TEST(names_are_those_of_real_swarms) {
  auto real = names(bench::to_json(bench::Outcome{}));
  auto simulated = names(simulation::to_json({}, {}));
  for (const auto* name :
       {"startup_ms_p50", "startup_ms_p95", "playlist_bytes", "cpu_percent_per_viewer",
        "rss_mib_per_viewer", "pool_allocations", "rss_growth_mib", "starved_stalls",
        "verified_viewers", "idle_cpu_percent"}) {
    fail_unless(real.erase(name) == 1, "%s", name);
    fail_if(simulated.contains(name), "%s", name);
  }
  fail_unless(real.contains("copies_base") && real.contains("stalls"));
  for (const auto& name : real)
    fail_unless(simulated.contains(name), "%s", name.c_str());
}
GST_END_TEST;

// Rule: who reaches nobody has figures of their own, where there is anybody.
GST_START_TEST(isolated_viewers_are_told_apart) {
  simulation::Outcome outcome;
  outcome.steady.viewers = 9;
  fail_if(names(simulation::to_json({}, outcome)).contains("isolated"));
  fail_if(to_words(outcome).find("nobody reaches") != std::string::npos);
  outcome.isolated.viewers = 2;
  outcome.isolated.copies = 1.5;
  fail_unless(names(simulation::to_json({}, outcome)).contains("isolated"));
  fail_unless(to_words(outcome).find("2 others, whom nobody reaches, got 1.50 copies") !=
              std::string::npos);
}
GST_END_TEST;

static Suite* report_suite() {
  auto* suite = suite_create("simulation-report");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, names_are_those_of_real_swarms);
  tcase_add_test(tcase, isolated_viewers_are_told_apart);
  return suite;
}

GST_CHECK_MAIN(report)
