// What viewers may upload, and large swarms.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "sim_test.h"

namespace {
constexpr std::uint64_t stream_bytes = 250'000; ///< a second, at 2 Mbit/s
}

// Rule: with a quarter more upload than the stream has, one copy is nearly enough, and nobody
// exceeds the limit.
GST_START_TEST(a_quarter_more_than_the_stream) {
  auto settings = defaults();
  settings.core.upload_limit = stream_bytes * 5 / 4;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world({seed});
    world.add(4, settings, 4s);
    world.run_for(20s);
    world.begin_steady();
    std::vector<std::uint64_t> before;
    for (const auto& viewer : world.viewers())
      before.push_back(viewer->swarm().statistics().upload_bytes);
    world.run_for(60s);
    auto figures = world.figures();
    auto text = figures.text();
    GST_INFO("%s", text.c_str());
    fail_unless_equals_uint64(figures.starvations, 0);
    fail_unless(figures.copies_base <= 1.15, "%s", text.c_str());
    fail_unless(figures.duplicate_share < 0.02, "%s", text.c_str());
    for (const auto& viewer : world.viewers())
      fail_unless(viewer->swarm().statistics().upload_bytes - before[viewer->index()] <=
                  *settings.core.upload_limit * 61);
  }
}
GST_END_TEST;

// Rule: who may not upload sends no media, is not asked for any, and costs no further copy.
GST_START_TEST(one_may_not_upload) {
  World world({1});
  auto settings = defaults();
  world.add(3, settings, 3s);
  settings.core.upload_limit = 0;
  auto& mean = world.add(settings, 1s);
  world.run_for(20s);
  world.begin_steady();
  world.run_for(60s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  fail_unless_equals_uint64(mean.swarm().statistics().upload_bytes, 0);
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies_base <= 1.05, "%s", text.c_str());
  fail_unless(figures.duplicate_share < 0.01, "%s", text.c_str());
}
GST_END_TEST;

// Rule: where one alone uploads, the others leave what is new to it, whenever each looks at its
// playlist.
GST_START_TEST(one_alone_uploads) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    World world({seed});
    auto settings = defaults();
    world.add(settings, 0s);
    settings.core.upload_limit = 0;
    world.add(2, settings, 0s);
    world.run_for(20s);
    world.begin_steady();
    world.run_for(40s);
    auto figures = world.figures();
    auto text = figures.text();
    fail_unless_equals_uint64(figures.starvations, 0);
    fail_unless(figures.copies_base <= 1.05, "seed %d: %s", static_cast<int>(seed), text.c_str());
  }
}
GST_END_TEST;

// Rule: in a swarm of which everybody sees only a part, nobody starves and the CDN sends a few
// copies, not a share of the audience.
GST_START_TEST(two_hundred_viewers) {
  World world({1, {.bitrate = 1'000'000}});
  auto settings = defaults();
  settings.core.max_peers = 12;
  settings.core.past = 4s;
  world.add(200, settings, 30s);
  world.run_for(45s);
  world.begin_steady();
  world.run_for(56s);
  auto figures = world.figures();
  auto text = figures.text();
  GST_INFO("%s", text.c_str());
  check_right(world);
  fail_unless(figures.segments >= 20, "%s", text.c_str());
  fail_unless_equals_uint64(figures.starvations, 0);
  fail_unless(figures.copies_base <= 14, "%s", text.c_str());
}
GST_END_TEST;

static Suite* limits_suite() {
  auto* suite = suite_create("limits");
  auto* tcase = new_case(suite);
  tcase_add_test(tcase, a_quarter_more_than_the_stream);
  tcase_add_test(tcase, one_may_not_upload);
  tcase_add_test(tcase, one_alone_uploads);
  tcase_add_test(tcase, two_hundred_viewers);
  return suite;
}

GST_CHECK_MAIN(limits)
