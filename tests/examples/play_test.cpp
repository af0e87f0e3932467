// play.c and play.py, with sinks that show nothing.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include <fstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Players {
  p2plive::processes::TemporaryDirectory folder{"p2plive-play-test"};

  Running start(const std::string& name, const fs::path& program,
                const std::vector<std::string>& more, const std::string& address) {
    std::vector<std::string> argv = {program, "--video-sink=fakevideosink",
                                     "--audio-sink=fakeaudiosink"};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.push_back(address);
    return Running(stage->installed(), folder.path(), name, argv);
  }
};

/// Whoever watches what another watches gets some of it from the other.
void play_and_share(const fs::path& first, const fs::path& second) {
  Players players;
  auto a = players.start("first", first, {"--index=" + stage->index()}, stage->stream().url());
  auto b = players.start("second", second, {"--index=" + stage->index()}, stage->stream().url());
  for (auto* player : {&a, &b})
    player->wait_until(
        "playing", [&] { return player->last("played ") > 3; }, 30s);
  a.wait_until(
      "sharing", [&] { return a.last("from peers ") + b.last("from peers ") > 0.1; }, 20s);
  a.interrupt();
  b.interrupt();
}

bool lists_ten() {
  const auto live = contents(stage->stream().root() / "live.m3u8");
  int count = 0;
  for (auto at = live.find("#EXTINF"); at != live.npos; at = live.find("#EXTINF", at + 1))
    count += 1;
  return count >= 10;
}

/// A playlist with an end, of the segments that the live one lists now. Of one that ends before the
/// players' buffers were full, playbin3 of GStreamer 1.22 sometimes does not tell the end.
std::string ended_playlist() {
  const auto& root = stage->stream().root();
  fail_unless(wait_until([] { return lists_ten(); }, 20s));
  std::ofstream(root / "ended.m3u8") << contents(root / "live.m3u8") << "#EXT-X-ENDLIST\n";
  return stage->stream().url("ended.m3u8");
}

} // namespace

// Rule: play.c and play.py play, two of them share the stream, and Ctrl-C ends them with 0.
GST_START_TEST(they_play_and_share) {
  play_and_share(stage->installed().example("play"), stage->installed().example("play.py"));
}
GST_END_TEST;

// Rule: what cannot be played is an error that a person understands; the end of a stream is none.
GST_START_TEST(they_tell_errors_and_the_end) {
  Players players;
  const auto c = stage->installed().example("play"), python = stage->installed().example("play.py");
  const auto nothing = stage->stream().url("nothing.m3u8"), ended = ended_playlist();
  auto wrong_sink = Running(stage->installed(), players.folder.path(), "wrong-sink",
                            {c, "--video-sink=nosuchsink", nothing});
  auto no_address = Running(stage->installed(), players.folder.path(), "no-address", {c});
  auto c_nothing = players.start("c-nothing", c, {}, nothing);
  auto python_nothing = players.start("python-nothing", python, {}, nothing);
  auto c_ended = players.start("c-ended", c, {}, ended);
  auto python_ended = players.start("python-ended", python, {}, ended);
  wrong_sink.expect_end(2, 10s);
  no_address.expect_end(2, 10s);
  fail_unless(no_address.says("--help"));
  for (auto* player : {&c_nothing, &python_nothing}) {
    player->expect_end(1, 30s);
    fail_unless(player->says("There is no such stream"), "%s", player->output().c_str());
  }
  c_ended.expect_end(0, 30s);
  fail_unless(c_ended.says("the stream has ended"));
  python_ended.expect_end(0, 30s);
}
GST_END_TEST;

TCase* p2plive::tests::play_tests() {
  auto* tcase = tcase_create("play");
  tcase_set_timeout(tcase, 90);
  tcase_add_test(tcase, they_play_and_share);
  tcase_add_test(tcase, they_tell_errors_and_the_end);
  return tcase;
}
