// What p2plivesrc hands out is what GStreamer's own hlsdemux hands out, frame by frame.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_stream.h"

#include <gst/check/gstcheck.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t wanted = 100; ///< equal frames in a row: two seconds and more

const std::string pictures =
    " ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! ";
const std::string sounds = " ! aacparse ! ";

/// A pipeline in a process of its own that writes a checksum for every frame.
class Frames {
public:
  Frames(const std::string& source, const std::string& frames, const std::filesystem::path& log)
      : log_(log) {
    processes::SpawnOptions spawn;
    spawn.argv = {"/bin/sh", "-c",
                  "exec gst-launch-1.0 -q " + source + " ! " + frames +
                      "checksumsink hash=sha256 sync=false"};
    spawn.log = log;
    auto started = processes::ChildProcess::spawn(spawn);
    fail_unless(started.has_value());
    process_ = std::move(*started);
  }

  /// "TIME CHECKSUM", a line for each; the last one may not be whole.
  std::vector<std::string> checksums() const {
    std::ifstream file(log_);
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line) && !file.eof();)
      if (auto space = line.find(' '); space != line.npos && line.size() - space == 65)
        out.push_back(line.substr(space + 1));
    return out;
  }

private:
  std::filesystem::path log_;
  processes::ChildProcess process_;
};

/// Frames in a row that both have, from the first that both have.
std::size_t common(const std::vector<std::string>& ours, const std::vector<std::string>& theirs) {
  for (auto here = ours.begin(); here != ours.end(); ++here)
    if (auto there = std::find(theirs.begin(), theirs.end(), *here); there != theirs.end())
      return static_cast<std::size_t>(std::mismatch(here, ours.end(), there, theirs.end()).first -
                                      here);
  return 0;
}

/// What both demux of `stream`: enough of it is equal.
class Pair {
public:
  Pair(const LiveStream& stream, const std::string& frames)
      : theirs_("souphttpsrc location=" + stream.url() + " ! hlsdemux", frames,
                directory_ / "theirs"),
        ours_("p2plivesrc live-delay=4000000000 uri=" + stream.url(), frames, directory_ / "ours") {
  }

  void become_equal() const {
    const auto deadline = std::chrono::steady_clock::now() + 40s;
    std::size_t equal = 0;
    while (equal < wanted && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(100ms);
      equal = common(ours_.checksums(), theirs_.checksums());
    }
    fail_unless(equal >= wanted, "%zu frames are equal, of %zu and %zu; %s%s", equal,
                ours_.checksums().size(), theirs_.checksums().size(),
                processes::log_tail(directory_ / "ours").c_str(),
                processes::log_tail(directory_ / "theirs").c_str());
  }

private:
  processes::TemporaryDirectory directory_{"p2plive-gst-test"};
  Frames theirs_, ours_;
};

void are_equal(LiveStreamOptions::Kind kind, const std::string& demuxer) {
  LiveStreamOptions options;
  options.kind = kind;
  LiveStream stream(options);
  stream.wait_for_segments(6);
  Pair seen(stream, demuxer + pictures), heard(stream, demuxer + sounds);
  seen.become_equal();
  heard.become_equal();
}

} // namespace

// Rule: the same frames of picture and sound come out of the same demuxer, whoever fetched the
// segments.
GST_START_TEST(transport_stream) {
  are_equal(LiveStreamOptions::Kind::mpeg_ts, "tsdemux");
}
GST_END_TEST;

GST_START_TEST(fragmented_mp4) {
  are_equal(LiveStreamOptions::Kind::fmp4, "qtdemux");
}
GST_END_TEST;

GST_START_TEST(encrypted) {
  are_equal(LiveStreamOptions::Kind::encrypted_ts, "tsdemux");
}
GST_END_TEST;

static Suite* equality_suite() {
  auto* suite = suite_create("equality");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, transport_stream);
  tcase_add_test(tests, fragmented_mp4);
  tcase_add_test(tests, encrypted);
  return suite;
}

GST_CHECK_MAIN(equality)
