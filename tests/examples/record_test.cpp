// record.c, whose files are held against what the CDN served.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stage.h"

#include <map>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// The CDN's segments by number: live12.ts. Without what is deleted meanwhile.
std::map<int, std::string> served(const LiveStream& stream, const std::string& extension) {
  std::map<int, std::string> segments;
  for (const auto& entry : fs::directory_iterator(stream.root())) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("live") || !name.ends_with(extension))
      continue;
    if (auto bytes = contents(entry.path()); !bytes.empty())
      segments[std::atoi(name.c_str() + 4)] = std::move(bytes);
  }
  return segments;
}

/// How many segments of `all` follow each other in `bytes` from its beginning; where one is not
/// whole, -1.
int whole_segments(std::string_view bytes, const std::map<int, std::string>& all) {
  int count = 0;
  for (const auto& [number, segment] : all)
    if (!bytes.empty() && bytes.starts_with(segment)) {
      bytes.remove_prefix(segment.size());
      count += 1;
    }
  return bytes.empty() ? count : -1;
}

void splits_at_segments(const LiveStream& stream, const std::string& extension,
                        const std::string& header) {
  p2plive::processes::TemporaryDirectory folder("p2plive-record-test");
  const auto record = stage->installed().example("record");
  Running recorder(
      stage->installed(), folder.path(), "record",
      {record, "--split=1.5", "--index=" + stage->index(), stream.url(), "record" + extension});
  recorder.wait_until(
      "at the third file", [&] { return recorder.says("record-00003" + extension); }, 30s);
  // Before they go from the CDN.
  const auto segments = served(stream, extension);
  recorder.interrupt();
  std::string both;
  for (const auto* number : {"1", "2"}) {
    const auto name = "record-0000" + std::string(number) + extension;
    const auto bytes = contents(folder / name);
    fail_unless(bytes.starts_with(header));
    const auto media = bytes.substr(header.size());
    fail_unless_equals_int(whole_segments(media, segments), 2);
    both += media;
    // It begins with a picture that needs no other.
    const auto first =
        output_of(stage->installed(), folder.path(),
                  {"ffprobe", "-v", "error", "-select_streams", "v", "-read_intervals", "%+#1",
                   "-show_entries", "packet=flags", name});
    fail_unless(first.find("flags=K") != std::string::npos, "%s", first.c_str());
  }
  fail_unless_equals_int(whole_segments(both, segments), 4);
}

} // namespace

// Rule: files of at least 1.5 s hold whole segments of one second, which follow each other over the
// files as on the CDN; only the last file may be cut off by Ctrl-C. Each plays on its own.
GST_START_TEST(it_splits_at_segments) {
  splits_at_segments(stage->stream(), ".ts", "");
}
GST_END_TEST;

// Rule: the same of fragmented MP4, where each file begins with the init section.
GST_START_TEST(it_splits_fragmented_mp4) {
  LiveStream stream({.kind = LiveStreamOptions::Kind::fmp4});
  stream.wait_for_segments(4);
  splits_at_segments(stream, ".m4s", contents(stream.root() / "init.mp4"));
}
GST_END_TEST;

// Rule: Ctrl-C leaves an MP4 with picture and sound that can be decoded.
GST_START_TEST(it_finishes_mp4) {
  p2plive::processes::TemporaryDirectory folder("p2plive-record-test");
  const auto record = stage->installed().example("record");
  Running recorder(stage->installed(), folder.path(), "record",
                   {record, stage->stream().url(), "live.mp4"});
  const auto size = [&] {
    std::error_code none;
    const auto bytes = fs::file_size(folder / "live.mp4", none);
    return none ? 0 : bytes;
  };
  recorder.wait_until(
      "recording", [&] { return size() > 250'000; }, 30s);
  recorder.interrupt();
  const auto streams =
      output_of(stage->installed(), folder.path(),
                {"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                 "stream=codec_name,nb_read_frames", "-of", "csv=p=0", "live.mp4"});
  fail_unless(streams.find("h264,") != std::string::npos &&
                  streams.find("aac,") != std::string::npos,
              "%s", streams.c_str());
  fail_unless(std::atoi(streams.c_str() + streams.find("h264,") + 5) >= 50, "%s", streams.c_str());
}
GST_END_TEST;

// Rule: what cannot be written is told at once, with the name and the reason.
GST_START_TEST(it_tells_what_cannot_be_written) {
  p2plive::processes::TemporaryDirectory folder("p2plive-record-test");
  const auto record = stage->installed().example("record");
  for (const char* name : {"no/folder.ts", "no/folder.mp4"}) {
    Running recorder(stage->installed(), folder.path(), fs::path(name).extension(),
                     {record, stage->stream().url(), name});
    recorder.expect_end(1, 15s);
    fail_unless(recorder.says(name), "%s", recorder.output().c_str());
  }
}
GST_END_TEST;

TCase* p2plive::tests::record_tests() {
  auto* tcase = tcase_create("record");
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, it_splits_at_segments);
  tcase_add_test(tcase, it_splits_fragmented_mp4);
  tcase_add_test(tcase, it_finishes_mp4);
  tcase_add_test(tcase, it_tells_what_cannot_be_written);
  return tcase;
}
