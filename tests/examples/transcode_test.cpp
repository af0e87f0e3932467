// transcode-and-relay.sh: the stream at a lower bitrate, and a swarm of its own.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

int segments_in(const std::string& playlist) {
  int count = 0;
  for (auto at = playlist.find("#EXTINF"); at != playlist.npos;
       at = playlist.find("#EXTINF", at + 1))
    count += 1;
  return count;
}

} // namespace

// Rule: two viewers of what it publishes, with the same Index, exchange that; the picture is the
// smaller one, with sound. After Ctrl-C they see the rest, and then the end.
GST_START_TEST(its_viewers_share) {
  p2plive::processes::TemporaryDirectory folder("p2plive-transcode-test");
  const auto& installed = stage->installed();
  const auto published = stage->stream().root() / "low";
  Running relay(installed, folder.path(), "transcode",
                {installed.example("transcode-and-relay.sh"), "-i", stage->index(), "-b", "150",
                 "-h", "120", "-s", "1", stage->stream().url(), published});
  relay.wait_until(
      "publishing", [&] { return segments_in(contents(published / "live.m3u8")) >= 3; }, 40s);

  const auto watch = [&](const std::string& name) {
    return Running(installed, folder.path(), name,
                   {installed.example("play"), "--video-sink=fakevideosink",
                    "--audio-sink=fakeaudiosink", "--index=" + stage->index(),
                    stage->stream().url("low/live.m3u8")});
  };
  auto a = watch("first"), b = watch("second");
  for (auto* viewer : {&a, &b})
    viewer->wait_until(
        "playing", [&] { return viewer->last("played ") > 2; }, 30s);
  a.wait_until(
      "sharing", [&] { return a.last("from peers ") + b.last("from peers ") > 0.03; }, 30s);

  const auto streams =
      output_of(installed, published,
                {"ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of",
                 "csv=p=0", "segment-00001.ts"});
  fail_unless(streams.find("h264,160,120") != std::string::npos, "%s", streams.c_str());
  fail_unless(streams.find("aac") != std::string::npos, "%s", streams.c_str());
  relay.interrupt();
  a.expect_end(0, 20s);
  b.expect_end(0, 20s);
}
GST_END_TEST;

TCase* p2plive::tests::transcode_tests() {
  auto* tcase = tcase_create("transcode");
  tcase_set_timeout(tcase, 90);
  tcase_add_test(tcase, its_viewers_share);
  return tcase;
}
