// p2plive-sim --sweep: what is run, and what is told of it.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command_line.h"
#include "processes/temporary_directory.h"
#include "simulation/gnuplot.h"
#include "simulation/report.h"
#include "simulation/sweep.h"

#include <gst/check/gstcheck.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace p2plive;
using namespace p2plive::simulation;

static tl::expected<Sweep, console::Usage> parse(const std::vector<std::string>& arguments,
                                                 const std::string& asked) {
  auto words = arguments;
  words.push_back("--sweep=" + asked);
  test::CommandLine line(words);
  return parse_sweep(line.argc(), line.argv(), asked);
}

static std::vector<Outcome> run(const Sweep& sweep) {
  std::vector<Outcome> outcomes;
  for (const auto& each : sweep.runs)
    outcomes.push_back(simulate(each.options, [](const Progress&) {}));
  return outcomes;
}

static std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// Without what only says how deep something stands.
static std::string flat(const std::string& text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '\n')
      out += c;
  return out;
}

// Rule: each run has its value, whatever was given beside it, and all else as it was given.
GST_START_TEST(each_value_is_a_run) {
  auto sweep = parse({"--viewers", "7", "--uplink-mean", "3M"}, "uplink-mean=500k,4M");
  fail_unless(sweep.has_value());
  fail_unless_equals_string(sweep->option.c_str(), "uplink-mean");
  fail_unless_equals_int(sweep->runs.size(), 2);
  fail_unless(sweep->runs[0].number == 500e3 && sweep->runs[1].number == 4e6);
  fail_unless(sweep->runs[0].options.audience.uplink_mean == 500e3);
  fail_unless(sweep->runs[1].options.audience.uplink_mean == 4e6);
  for (const auto& each : sweep->runs)
    fail_unless_equals_uint64(each.options.audience.viewers, 7);
}
GST_END_TEST;

// Rule: what is no number, or cannot be asked in any of the runs, is refused before the first.
GST_START_TEST(wrong_sweeps_are_told) {
  for (const auto* asked :
       {"viewers", "viewers=", "viewers=1,,2", "viewers=1,two", "viewers=10,0", "json=1", "sweep=1",
        "scenario=1", "equal-uplinks=1", "no-such=1", "rtt=20-80"}) {
    auto sweep = parse({}, asked);
    fail_if(sweep.has_value(), "%s", asked);
    fail_unless(sweep.error().error);
    auto option = std::string(asked).substr(0, std::string(asked).find('='));
    fail_unless(sweep.error().text.find(option) != std::string::npos, "%s",
                sweep.error().text.c_str());
  }
}
GST_END_TEST;

// Rule: a run of a sweep gives what it gives alone, to the byte, whatever ran before it.
GST_START_TEST(a_sweep_repeats_single_runs) {
  auto sweep = parse({"--seconds", "56"}, "viewers=2,4");
  fail_unless(sweep.has_value());
  auto outcomes = run(*sweep);
  auto list = flat(to_json(*sweep, outcomes));
  std::string expected = "[";
  for (const auto* viewers : {"2", "4"}) {
    test::CommandLine line({"--seconds", "56", "--viewers", viewers});
    auto options = parse_options(line.argc(), line.argv());
    auto alone = flat(to_json(*options, simulate(*options, [](const Progress&) {})));
    expected += std::string(expected == "[" ? "" : ",") +
                "{\"option\":\"viewers\",\"value\":" + viewers + "," + alone.substr(1);
  }
  fail_unless(list == expected + "]"); // too long to be told
}
GST_END_TEST;

// Rule: the table has a line for each run, and a run that does not count says so.
GST_START_TEST(a_table_is_told) {
  auto sweep = parse({}, "viewers=2,10000");
  Outcome outcome;
  outcome.steady.copies = 1.25;
  outcome.steady.stall_share = 0.005;
  auto head = table_head(*sweep), line = table_line(*sweep, sweep->runs[0], outcome);
  fail_unless_equals_int(head.find("copies"), line.find("  1.25"));
  fail_unless(head.find("viewers") != std::string::npos);
  fail_unless(line.find("0.500 %") != std::string::npos, "%s", line.c_str());
  fail_if(line.find("does not count") != std::string::npos);
  outcome.why = {"too short"};
  line = table_line(*sweep, sweep->runs[1], outcome);
  fail_unless(line.starts_with("  10000 ") && line.find("too short") != std::string::npos);
}
GST_END_TEST;

// Rule: values that are far apart are drawn on a logarithmic axis, others are not.
GST_START_TEST(a_plot_is_drawn) {
  processes::TemporaryDirectory directory;
  for (const auto* asked : {"viewers=10,100,1000", "viewers=1000,1001,1002"}) {
    auto sweep = parse({}, asked);
    std::vector<Outcome> outcomes(sweep->runs.size());
    for (auto& outcome : outcomes) {
      outcome.steady.copies = outcome.steady.copies_base = 2;
      outcome.whole.startup = {0.1, 0.2, 0.3};
    }
    auto file = (directory / "it's.svg").string();
    auto drawn = plot(file, *sweep, outcomes);
    fail_unless(drawn.has_value(), "%s", drawn.error().c_str());
    auto text = content(file);
    fail_unless(text.find("<svg") != std::string::npos &&
                text.find("--viewers") != std::string::npos);
    // Only a linear axis has a mark there.
    fail_unless((text.find("1000.5") != std::string::npos) == (std::string(asked).ends_with("2")));
  }
}
GST_END_TEST;

// Rule: without gnuplot there is a sentence, and the program goes on.
GST_START_TEST(a_missing_gnuplot_is_told) {
  std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  // More than a pipe holds: it is still being written when the shell has given up.
  auto drawn = draw("/nonexistent/x.svg", std::string(1 << 20, '\n'));
  setenv("PATH", path.c_str(), 1);
  fail_if(drawn.has_value());
  fail_unless(drawn.error().find("gnuplot") != std::string::npos);
}
GST_END_TEST;

static Suite* sweep_suite() {
  auto* suite = suite_create("simulation-sweep");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, each_value_is_a_run);
  tcase_add_test(tcase, wrong_sweeps_are_told);
  tcase_add_test(tcase, a_sweep_repeats_single_runs);
  tcase_add_test(tcase, a_table_is_told);
  tcase_add_test(tcase, a_plot_is_drawn);
  tcase_add_test(tcase, a_missing_gnuplot_is_told);
  return suite;
}

GST_CHECK_MAIN(sweep)
