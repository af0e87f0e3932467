// Packed audio of a real encoder, with timestamps as packagers write them (RFC 8216, 3.4), in the
// clear and encrypted.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../media/id3.h"
#include "formats.h"
#include "live_stream.h"
#include "watcher.h"

#include <sstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using namespace p2plive::test;

namespace {

struct Codec {
  std::string encoder, muxer, bitrate;
  Format format;
};

const Codec codecs[] = {
    {"aac", "adts", "256k", Format::aac},
    {"libmp3lame", "mp3", "320k", Format::mp3},
    {"ac3", "ac3", "448k", Format::ac3},
};

constexpr std::uint64_t wrap = std::uint64_t{1} << 33; ///< of 90 kHz, 26 hours and a half

/// Without the tag that ffmpeg puts before MP3, which tells no time.
std::string without_tag(const std::string& file) {
  return file.starts_with("ID3") ? file.substr(10u + (file[8] << 7) + file[9]) : file;
}

/// Segments of several chunks, which ffmpeg has cut. ffmpeg writes no timestamps: each gets its own
/// here, three seconds before 33 bits begin again in the first.
class PackedAudio {
public:
  PackedAudio(const Codec& codec, bool encrypted) : codec_(codec), encrypted_(encrypted) {
    encode();
    std::istringstream list(stream_.file("segments.csv"));
    std::string playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
    if (encrypted) {
      std::ofstream(stream_.directory() / "key", std::ios::binary) << first_key;
      playlist += "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n";
    }
    std::string name, begin, end;
    while (std::getline(list, name, ',') && std::getline(list, begin, ',') &&
           std::getline(list, end)) {
      add(name, std::stod(begin));
      playlist += "#EXTINF:" + std::to_string(std::stod(end) - std::stod(begin)) + ",\n" + name +
                  ".tagged\n";
    }
    std::ofstream(stream_.directory() / "audio.m3u8") << playlist << "#EXT-X-ENDLIST\n";
  }

  std::string uri() { return stream_.nginx().url() + "audio.m3u8"; }
  /// What the encoder wrote, segment by segment.
  const std::vector<std::string>& audio() const { return audio_; }
  const std::vector<double>& begins() const { return begins_; } ///< seconds

private:
  void encode() {
    const auto log = stream_.directory() / "ffmpeg.log";
    const auto command = "exec ffmpeg -nostdin -loglevel error -f lavfi -i sine=sample_rate=48000 "
                         "-map 0:a -t 14 -ac 2 -c:a " +
                         codec_.encoder + " -b:a " + codec_.bitrate +
                         " -f segment -segment_time 4 -segment_format " + codec_.muxer +
                         " -segment_list segments.csv %d.audio";
    auto ffmpeg = processes::ChildProcess::spawn({.argv = {"/bin/sh", "-c", command},
                                                  .working_directory = stream_.directory().path(),
                                                  .log = log});
    auto ending = ffmpeg ? ffmpeg->wait(30s) : std::nullopt;
    fail_unless(ending && ending->ok(), "%s", processes::log_tail(log).c_str());
  }

  void add(const std::string& name, double begin) {
    const auto file = stream_.file(name);
    audio_.push_back(without_tag(file));
    begins_.push_back(begin);
    const auto ticks = (wrap - 270'000 + static_cast<std::uint64_t>(begin * 90'000)) % wrap;
    const auto tag = id3(4, timestamp_frame(4, ticks));
    auto bytes = std::string(tag.begin(), tag.end()) + file;
    if (encrypted_)
      bytes = encrypted(bytes, first_key, audio_.size() - 1);
    std::ofstream(stream_.directory() / (name + ".tagged"), std::ios::binary) << bytes;
  }

  Codec codec_;
  bool encrypted_;
  LiveStream stream_;
  std::vector<std::string> audio_;
  std::vector<double> begins_;
};

void comes_out_without_tags(const Codec& codec, bool encrypted) {
  PackedAudio audio(codec, encrypted);
  fail_unless(audio.audio().size() >= 3 && audio.audio()[0].size() > 100'000);
  auto options = Watcher::options(audio.uri());
  options.start_offset = 0s;
  options.pace = Pace::none;
  Watcher watcher(options);
  watcher.until([] { return false; }, 20s);
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(std::holds_alternative<EndOfStream>(watcher.last()), "%s: %s", codec.muxer.c_str(),
              error ? error->message.c_str() : "it stands");
  const auto& segments = watcher.segments();
  fail_unless_equals_uint64(segments.size(), audio.audio().size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& segment = segments[i];
    fail_unless(segment.flaw.empty() && segment.format == codec.format, "%s: %s",
                codec.muxer.c_str(), segment.flaw.c_str());
    fail_unless(segment.bytes == audio.audio()[i], "%s %zu: %zu bytes of %zu", codec.muxer.c_str(),
                i, segment.bytes.size(), audio.audio()[i].size());
    fail_unless_equals_int(segment.discontinuity, i == 0);
    const auto begins = static_cast<double>(wrap) / 90'000 - 3 + audio.begins()[i];
    const auto said = std::chrono::duration<double>(segment.timestamp.value_or(0s)).count();
    fail_unless(std::abs(said - begins) < 0.001, "%s %zu: %f, not %f", codec.muxer.c_str(), i, said,
                begins);
  }
}

} // namespace

// Rule: packed audio comes out byte for byte without its tags, with the times that they tell.
GST_START_TEST(in_the_clear) {
  for (const auto& codec : codecs)
    comes_out_without_tags(codec, false);
}
GST_END_TEST;

// Rule: so it does when it is encrypted, with the tags.
GST_START_TEST(tags_and_all_encrypted) {
  for (const auto& codec : codecs)
    comes_out_without_tags(codec, true);
}
GST_END_TEST;

static Suite* packed_audio_suite() {
  auto* suite = suite_create("packed_audio");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, in_the_clear);
  tcase_add_test(tcase, tags_and_all_encrypted);
  return suite;
}

GST_CHECK_MAIN(packed_audio)
