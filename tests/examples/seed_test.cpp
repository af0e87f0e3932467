// seed.cpp, and embed.cpp as one who watches.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include <utility>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

struct Programs {
  p2plive::processes::TemporaryDirectory folder{"p2plive-seed-test"};
  std::filesystem::path seed = stage->installed().example("seed");
  std::filesystem::path embed = stage->installed().example("embed");

  Running start_seed(const std::string& name, std::vector<std::string> options) {
    options.insert(options.begin(), seed);
    options.insert(options.end(), {stage->stream().url(), stage->index()});
    return Running(stage->installed(), folder.path(), name, options);
  }
  Running start_viewer(const std::string& name) {
    return Running(stage->installed(), folder.path(), name,
                   {embed, stage->stream().url(), stage->index(), name + ".ts"});
  }
};

} // namespace

// Rule: it serves those who watch, and says how much; one that may send nothing sends nothing, and
// is served.
GST_START_TEST(it_serves_within_its_limits) {
  Programs programs;
  auto seed = programs.start_seed("seed", {"--upload-limit", "100000", "--max-peers", "5"});
  auto mute = programs.start_seed("mute", {"--upload-limit", "0"});
  seed.wait_until(
      "serving", [&] { return seed.last("served ") > 0.1; }, 30s);
  mute.wait_until(
      "served", [&] { return mute.last("from CDN, ") > 0.1; }, 30s);
  for (auto* program : {&mute, &seed})
    program->interrupt();
  fail_unless(seed.last("served in all ") > 0.1, "%s", seed.output().c_str());
  fail_unless(mute.last("served in all ") == 0, "%s", mute.output().c_str());
}
GST_END_TEST;

// Rule: where more is asked of it than it may send, it sends about that, and no more.
GST_START_TEST(it_reaches_its_limit) {
  Programs programs;
  constexpr double limit = 0.025; // megabytes a second: less than half of the stream
  auto seed = programs.start_seed("seed", {"--upload-limit", "200"});
  seed.wait_until(
      "watching", [&] { return seed.last("got ") > 0.3; }, 30s);
  std::vector<Running> others;
  for (auto* name : {"one", "two", "three", "four"})
    others.push_back(programs.start_seed(name, {"--upload-limit", "0"}));
  const auto served = [&] { return seed.last("served "); };
  // What it may send at once is sent by then. It says once a second what it has sent.
  auto begun = Clock::now(), looked = begun;
  seed.wait_until(
      "serving",
      [&] {
        begun = std::exchange(looked, Clock::now());
        return served() > 0.05;
      },
      30s);
  const auto before = served();
  seed.wait_until(
      "serving as much as it may", [&] { return served() >= before + 8 * limit; }, 20s);
  fail_unless(Clock::now() - begun > 5500ms, "%s", seed.output().c_str());
}
GST_END_TEST;

// Rule: embed.cpp shares the stream with it, and writes it.
GST_START_TEST(embed_watches) {
  Programs programs;
  auto seed = programs.start_seed("seed", {});
  auto viewer = programs.start_viewer("viewer");
  viewer.wait_until(
      "sharing", [&] { return viewer.last("from peers ") + viewer.last("sent ") > 0.1; }, 30s);
  viewer.interrupt();
  seed.interrupt();
  const auto bytes = contents(programs.folder / "viewer.ts");
  fail_unless(bytes.size() > 100'000 && bytes.size() % 188 == 0);
  for (std::size_t at = 0; at < bytes.size(); at += 188)
    fail_unless(bytes[at] == 0x47, "no packet begins at %d", static_cast<int>(at));
}
GST_END_TEST;

// Rule: it ends when its time is over.
GST_START_TEST(it_ends_in_time) {
  Programs programs;
  auto seed = programs.start_seed("seed", {"--duration", "2"});
  seed.expect_end(0, 20s);
  fail_unless(seed.says("served in all "), "%s", seed.output().c_str());
}
GST_END_TEST;

// Rule: what it cannot make sense of is answered with how to call it.
GST_START_TEST(it_says_how_to_call_it) {
  Programs programs;
  for (const char* value : {"-1", "much", "5x"}) {
    auto seed = programs.start_seed(value, {"--upload-limit", value});
    seed.expect_end(2, 10s);
    fail_unless(seed.says("usage: seed"), "%s", seed.output().c_str());
  }
}
GST_END_TEST;

TCase* p2plive::tests::seed_tests() {
  auto* tcase = tcase_create("seed");
  tcase_set_timeout(tcase, 90);
  tcase_add_test(tcase, it_serves_within_its_limits);
  tcase_add_test(tcase, it_reaches_its_limit);
  tcase_add_test(tcase, embed_watches);
  tcase_add_test(tcase, it_ends_in_time);
  tcase_add_test(tcase, it_says_how_to_call_it);
  return tcase;
}
