// p2plive-sim's parts: its command line, its runs, its figures.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command_line.h"
#include "simulation/report.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace p2plive;
using namespace p2plive::simulation;

static tl::expected<Options, console::Usage> parse(const std::vector<std::string>& arguments) {
  test::CommandLine line(arguments);
  return parse_options(line.argc(), line.argv());
}

// Rule: what is asked is what is simulated.
GST_START_TEST(options_are_read) {
  auto options = parse({"--viewers", "12", "--uplink-mean=500k", "--rtt", "10-30", "--scenario",
                        "flash", "--upload-limit", "800", "--seed-share", "0.15"});
  fail_unless(options.has_value());
  fail_unless_equals_uint64(options->audience.viewers, 12);
  fail_unless(options->audience.uplink_mean == 500'000);
  fail_unless(options->audience.arrivals == std::chrono::seconds(30));
  fail_unless(options->world.network.rtt_most == std::chrono::milliseconds(30));
  fail_unless_equals_uint64(options->viewer.upload_limit.value_or(0), 100'000);
  fail_unless(options->viewer.seed_share == 0.15);
}
GST_END_TEST;

// Rule: what cannot be asked is refused with a sentence that names it.
GST_START_TEST(wrong_options_are_told) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--viewers", "0"},
                                             {"--loss", "1.5"},
                                             {"--rtt", "50-20"},
                                             {"--scenario", "none"},
                                             {"--seconds", "10", "--steady", "10"},
                                             {"--unreachable-pairs", "0.9"},
                                             {"--no-such"}}) {
    auto options = parse(arguments);
    fail_if(options.has_value(), "%s", arguments[0].c_str());
    fail_unless(options.error().error);
    fail_unless(options.error().text.find(arguments[0]) != std::string::npos, "%s",
                options.error().text.c_str());
  }
}
GST_END_TEST;

// Rule: the same options give the same figures, to the byte; another seed gives others.
GST_START_TEST(a_run_repeats) {
  auto options = parse({"--viewers", "6", "--seconds", "60", "--session", "40"});
  fail_unless(options.has_value());
  auto quiet = [](const Progress&) {};
  auto first = simulate(*options, quiet);
  fail_unless(first.valid(), "%s", to_words(first).c_str());
  fail_unless(to_json(*options, first) == to_json(*options, simulate(*options, quiet)));
  options->seed = 2;
  fail_if(first.digest == simulate(*options, quiet).digest);
}
GST_END_TEST;

// Rule: of all pairs the share asked for cannot connect.
GST_START_TEST(pairs_are_unreachable_as_asked) {
  sim::World world({1});
  sim::AudienceSettings settings;
  settings.viewers = 2'000;
  sim::Audience audience(world, settings, {}, 1);
  audience.arrive();
  std::size_t pairs = 0, apart = 0;
  const auto& viewers = world.viewers();
  for (std::size_t i = 0; i < viewers.size(); ++i)
    for (std::size_t j = 0; j < i; ++j, ++pairs)
      apart += !sim::can_meet(viewers[i]->access().nat, viewers[j]->access().nat);
  auto share = static_cast<double>(apart) / static_cast<double>(pairs);
  fail_unless(share > 0.27 && share < 0.33, "%.3f", share);
}
GST_END_TEST;

// Rule: the share asked for meets nobody.
GST_START_TEST(viewers_are_isolated_as_asked) {
  sim::World world({1});
  sim::AudienceSettings settings;
  settings.viewers = 2'000;
  settings.isolated = 0.1;
  sim::Audience audience(world, settings, {}, 1);
  audience.arrive();
  auto isolated = std::ranges::count_if(world.viewers(), [](const auto& viewer) {
    return !sim::can_meet(viewer->access().nat, sim::Nat::open);
  });
  fail_unless(isolated > 160 && isolated < 240, "%d", static_cast<int>(isolated));
}
GST_END_TEST;

static Suite* simulation_suite() {
  auto* suite = suite_create("simulation");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, options_are_read);
  tcase_add_test(tcase, wrong_options_are_told);
  tcase_add_test(tcase, a_run_repeats);
  tcase_add_test(tcase, pairs_are_unreachable_as_asked);
  tcase_add_test(tcase, viewers_are_isolated_as_asked);
  return suite;
}

GST_CHECK_MAIN(simulation)
