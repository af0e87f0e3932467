// What HLS is made of beside plain MPEG-TS, from a real encoder and a real nginx: fragmented MP4,
// byte ranges, AES-128.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/viewer.h"

#include "formats.h"
#include "live_stream.h"
#include "nginx_log.h"
#include "token_server.h"
#include "watcher.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using namespace p2plive::test;

namespace {

constexpr std::size_t count = 4; ///< segments that are looked at

void watch(Watcher& watcher, std::size_t segments = count) {
  auto enough = watcher.until([&] { return watcher.whole() >= segments; }, 30s);
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(enough, "%zu segments only: %s", watcher.whole(),
              error ? (error->message + " " + error->detail).c_str() : "");
}

/// Watches a playlist of `lines`, which ends, of what `stream` has; to its end.
Watcher watch_to_the_end(LiveStream& stream, const std::string& lines,
                         const std::string& name = "literal.m3u8") {
  std::ofstream(stream.directory() / "literal.m3u8") << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
                                                     << lines << "#EXT-X-ENDLIST\n";
  auto options = Watcher::options(stream.nginx().url() + name);
  options.start_offset = 0s;
  Watcher watcher(options);
  watcher.until([] { return false; }, 30s);
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(std::holds_alternative<EndOfStream>(watcher.last()), "%s",
              error ? error->message.c_str() : "it stands");
  return watcher;
}

std::vector<std::uint64_t> numbers(const Watcher& watcher) {
  std::vector<std::uint64_t> out;
  for (const auto& segment : watcher.segments())
    out.push_back(segment.sn);
  return out;
}

/// A segment's timestamps and durations lead from one to the next.
void has_times(const Watcher& watcher) {
  for (std::size_t i = 0; i < watcher.whole(); ++i) {
    const auto& segment = watcher.segments()[i];
    fail_unless(segment.timestamp.has_value(), "segment %zu", i);
    fail_unless_equals_int(segment.discontinuity, i == 0);
    if (i == 0)
      continue;
    auto step = *segment.timestamp - *watcher.segments()[i - 1].timestamp;
    fail_unless(step > 900ms && step < 1100ms, "a step of %d ms", static_cast<int>(step / 1ms));
  }
}

} // namespace

// Rule: fragmented MP4 comes out as it is, with its init section before the first segment only, and
// with the times of its own.
GST_START_TEST(fragmented_mp4) {
  LiveStream stream;
  fragment(stream);
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher);
  auto flaw = watcher.compare(stream, 1, 0, count);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  auto init = stream.file("init.mp4");
  fail_unless(!init.empty() && watcher.segments()[0].init == init);
  for (std::size_t i = 1; i < count; ++i)
    fail_unless(watcher.segments()[i].init.empty());
  has_times(watcher);
}
GST_END_TEST;

// Rule: segments whose init section the server does not have are left out with a warning, and those
// that need another one are played.
GST_START_TEST(an_init_section_that_is_not_there) {
  LiveStream stream;
  fragment(stream);
  stream.start_encoder(6);
  auto entry = [](int sn) { return "#EXTINF:1,\nrun1-" + std::to_string(sn) + ".m4s\n"; };
  auto map = [](const std::string& name) { return "#EXT-X-MAP:URI=\"" + name + "\"\n"; };
  const std::string apart = "#EXT-X-DISCONTINUITY\n";
  auto watcher = watch_to_the_end(stream, map("init.mp4") + entry(0) + entry(1) + apart +
                                              map("gone.mp4") + entry(2) + entry(3) + apart +
                                              map("init.mp4") + entry(4) + entry(5));
  fail_unless((numbers(watcher) == std::vector<std::uint64_t>{0, 1, 4, 5}));
  for (const auto& segment : watcher.segments()) {
    fail_unless(segment.flaw.empty() && segment.bytes == stream.segment(1, segment.sn));
    fail_unless_equals_int(segment.discontinuity, segment.sn == 0 || segment.sn == 4);
    fail_unless(segment.init == (segment.discontinuity ? stream.file("init.mp4") : ""));
  }
  fail_unless_equals_int(static_cast<int>(watcher.warnings().size()), 1);
  const auto& warning = watcher.warnings()[0];
  fail_unless(warning.find("gone.mp4") != std::string::npos, "%s", warning.c_str());
}
GST_END_TEST;

// Rule: date ranges come out before the bytes, with what the playlist says of them.
GST_START_TEST(date_ranges) {
  LiveStream stream;
  stream.start_encoder(3);
  std::ofstream(stream.directory() / "ranges.m3u8")
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
         "#EXT-X-DATERANGE:ID=\"later\",CLASS=\"ad\",START-DATE=\"2026-11-26T10:00:08Z\","
         "END-ON-NEXT=YES\n"
         "#EXT-X-DATERANGE:ID=\"first\",START-DATE=\"2026-11-26T10:00:00.5Z\",DURATION=2.5,"
         "END-DATE=\"2026-11-26T10:00:03Z\",PLANNED-DURATION=3,SCTE35-CMD=0x01,SCTE35-OUT=0x02,"
         "SCTE35-IN=0x03,X-TEXT=\"a, b\",X-NUMBER=4.5\n"
         "#EXT-X-DATERANGE:ID=\"never\"\n"
         "#EXTINF:1,\nrun1-0.ts\n#EXTINF:1,\nrun1-1.ts\n#EXT-X-ENDLIST\n";
  auto options = Watcher::options(stream.nginx().url() + "ranges.m3u8");
  options.start_offset = 0s;
  Watcher watcher(options);
  fail_unless(watcher.until([&] { return !watcher.segments().empty(); }));
  fail_unless_equals_int(static_cast<int>(watcher.date_ranges().size()), 2);
  const auto& first = watcher.date_ranges()[0];
  const DateRange::Date ten{1'795'687'200'000ms};
  fail_unless(first.id == "first" && first.class_name.empty() && first.start == ten + 500ms);
  fail_unless(first.end == ten + 3s && first.duration == 2500ms && first.planned_duration == 3s);
  fail_unless(first.scte35_command == "0x01" && first.scte35_out == "0x02" &&
              first.scte35_in == "0x03" && !first.end_on_next);
  fail_unless((first.attributes ==
               std::map<std::string, std::string>{{"X-NUMBER", "4.5"}, {"X-TEXT", "a, b"}}));
  const auto& later = watcher.date_ranges()[1];
  fail_unless(later.id == "later" && later.class_name == "ad" && later.end_on_next);
  watcher.until([] { return false; });
  fail_unless(std::holds_alternative<EndOfStream>(watcher.last()));
  fail_unless_equals_int(static_cast<int>(watcher.date_ranges().size()), 2);
}
GST_END_TEST;

// Rule: segments that are ranges of one growing file come out one by one.
GST_START_TEST(byte_ranges) {
  LiveStream stream;
  stream.set_muxer({"-hls_flags", "program_date_time+single_file", "-hls_segment_filename",
                    (stream.directory() / "all.ts").string()});
  stream.start_encoder(3);
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher);
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    fail_unless(watcher.segments()[i].flaw.empty(), "%s", watcher.segments()[i].flaw.c_str());
    all += watcher.segments()[i].bytes;
  }
  auto whole = stream.file("all.ts");
  fail_unless(!all.empty() && whole.find(all) != whole.npos);
  has_times(watcher);
}
GST_END_TEST;

// Rule: so do fragments in one growing file, at whose beginning their init section lies.
GST_START_TEST(byte_ranges_of_fragmented_mp4) {
  LiveStream stream;
  stream.set_muxer({"-hls_flags", "program_date_time+single_file", "-hls_segment_type", "fmp4",
                    "-hls_segment_filename", (stream.directory() / "all.m4s").string()});
  stream.start_encoder(3);
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher);
  const auto whole = stream.file("all.m4s");
  const auto& init = watcher.segments()[0].init;
  fail_unless(!init.empty() && whole.starts_with(init) && init.find("moof") == init.npos);
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& segment = watcher.segments()[i];
    fail_unless(segment.flaw.empty(), "%s", segment.flaw.c_str());
    fail_unless(segment.init.empty() == (i > 0) && segment.bytes.find("moof") != init.npos);
    all += segment.bytes;
  }
  fail_unless(whole.find(all) != whole.npos);
  has_times(watcher);
}
GST_END_TEST;

// Rule: a segment that is listed as a gap is not asked for; those behind it come with a break.
GST_START_TEST(a_gap) {
  LiveStream stream;
  stream.start_encoder(5);
  std::string lines;
  for (int sn = 0; sn < 5; ++sn)
    lines += std::string(sn == 2 ? "#EXT-X-GAP\n" : "") + "#EXTINF:1,\nrun1-" + std::to_string(sn) +
             ".ts\n";
  auto watcher = watch_to_the_end(stream, lines);
  fail_unless((numbers(watcher) == std::vector<std::uint64_t>{0, 1, 3, 4}));
  for (const auto& segment : watcher.segments()) {
    fail_unless(segment.flaw.empty() && segment.bytes == stream.segment(1, segment.sn));
    fail_unless_equals_int(segment.discontinuity, segment.sn == 0 || segment.sn == 3);
  }
  fail_unless(watcher.warnings().empty());
  std::ifstream file(stream.nginx().directory / "access.log");
  const std::string log(std::istreambuf_iterator<char>(file), {});
  fail_unless(log.find("/run1-3.ts") != log.npos && log.find("/run1-2.ts") == log.npos);
}
GST_END_TEST;

// Rule: what a playlist is written with, and where redirects lead, makes no difference: byte order
// mark, CRLF, comments, tags of tomorrow, variables; nor does gzip.
GST_START_TEST(an_untidy_playlist) {
  LiveStream stream("rewrite ^/start.m3u8$ /moved/untidy.m3u8?token=run1 redirect;\n"
                    "rewrite ^/moved/(.*\\.ts)$ /$1 redirect;\n"
                    "gzip_min_length 1;\naccess_log gzipped.log cdn if=$gzip_ratio;\n");
  stream.start_encoder(3);
  std::filesystem::create_directory(stream.directory() / "moved");
  std::ofstream out(stream.directory() / "moved" / "untidy.m3u8", std::ios::binary);
  out << "\xef\xbb\xbf#EXTM3U\r\n# written by hand, with \xe9\r\n\r\n#EXT-X-TARGETDURATION:1 \r\n"
         "#EXT-X-DEFINE:QUERYPARAM=\"token\"\r\n#EXT-X-DEFINE:NAME=\"kind\",VALUE=\"ts\"\r\n"
         "#EXT-X-OF-TOMORROW:A=\"{$token}\"\r\n";
  for (auto* sn : {"0", "1", "2"})
    out << "#EXTINF:1.0,a title, with a comma\r\n#EXT-X-OTHER\r\n#a.ts\r\n  {$token}-" << sn
        << ".{$kind}\t\r\n";
  out << "#EXT-X-ENDLIST";
  out.close();
  auto watcher = watch_to_the_end(stream, {}, "start.m3u8");
  fail_unless((numbers(watcher) == std::vector<std::uint64_t>{0, 1, 2}));
  auto flaw = watcher.compare(stream, 1, 0, 3);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  has_times(watcher);
  std::ifstream gzipped(stream.nginx().directory / "gzipped.log");
  const std::string log(std::istreambuf_iterator<char>(gzipped), {});
  fail_unless(log.find("\tGET\t/moved/untidy.m3u8\t200\t") != log.npos, "%s", log.c_str());
}
GST_END_TEST;

/// At least two segments of each of two keys, decrypted.
static void has_both_keys(LiveStream& stream, Watcher& watcher) {
  std::size_t with_first = 0, with_second = 0, looked_at = 0;
  auto compare = [&] {
    for (; looked_at < watcher.whole(); ++looked_at) {
      const auto& segment = watcher.segments()[looked_at];
      fail_unless(segment.flaw.empty(), "%s", segment.flaw.c_str());
      auto file = stream.segment(1, segment.sn);
      auto first = decrypted(file, first_key, segment.sn);
      auto second = decrypted(file, second_key, segment.sn);
      fail_unless(!first.empty() || !second.empty());
      fail_unless(segment.bytes == (first.empty() ? second : first));
      with_first += !first.empty();
      with_second += !second.empty();
    }
    return with_first >= 2 && with_second >= 2;
  };
  fail_unless(watcher.until(compare, 30s), "%zu with the first key, %zu with the second",
              with_first, with_second);
  has_times(watcher);
}

// Rule: AES-128 is undone, also when keys rotate.
GST_START_TEST(encryption) {
  LiveStream stream;
  set_key(stream, "first.key", first_key);
  encrypt(stream);
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher, 2);
  set_key(stream, "second.key", second_key);
  has_both_keys(stream, watcher);
}
GST_END_TEST;

// Rule: keys whose URLs have expired are had from fresh ones: the first, which the first bytes wait
// for already, and one that comes later.
GST_START_TEST(expired_keys_are_renewed) {
  LiveStream stream;
  set_key(stream, "first.key", first_key);
  encrypt(stream);
  stream.start_encoder(4);
  test::TokenServer server(stream.directory().path(), test::TokenServer::Signed::keys,
                           stream.nginx().url());
  server.expire_once_listed();
  Watcher watcher(Watcher::options(server.uri()));
  fail_unless(watcher.until(
      [&] { return server.refusals() > 0 && requests(stream.nginx(), ".ts") > 0; }, 10s));
  server.give_fresh();
  watch(watcher, 2);
  const auto refused = server.refusals();
  server.expire();
  set_key(stream, "second.key", second_key);
  has_both_keys(stream, watcher);
  fail_unless(server.refusals() > refused);
}
GST_END_TEST;

// Rule: so it is of fragmented MP4, whose init section is encrypted where its key names the vector.
GST_START_TEST(encrypted_fragments) {
  LiveStream stream;
  fragment(stream);
  stream.start_encoder(3);
  constexpr std::uint64_t vector = 77;
  auto secret = [&](const std::string& name) {
    std::ofstream(stream.directory() / ("secret-" + name), std::ios::binary)
        << encrypted(stream.file(name), first_key, vector);
    return "secret-" + name;
  };
  std::ofstream(stream.directory() / "key", std::ios::binary) << first_key;
  std::string lines = "#EXT-X-KEY:METHOD=AES-128,URI=\"key\",IV=0x4D\n#EXT-X-MAP:URI=\"" +
                      secret("init.mp4") + "\"\n";
  for (auto* sn : {"0", "1", "2"})
    lines += "#EXTINF:1,\n" + secret(std::string("run1-") + sn + ".m4s") + "\n";
  auto watcher = watch_to_the_end(stream, lines);
  fail_unless((numbers(watcher) == std::vector<std::uint64_t>{0, 1, 2}));
  auto flaw = watcher.compare(stream, 1, 0, 3);
  fail_unless(flaw.empty(), "%s", flaw.c_str());
  fail_unless(watcher.segments()[0].init == stream.file("init.mp4"));
  has_times(watcher);
}
GST_END_TEST;

// Rule: a key that the server gives only after a while is asked for again, and nothing is lost.
GST_START_TEST(a_late_key) {
  LiveStream stream;
  set_key(stream, "first.key", first_key);
  encrypt(stream);
  stream.start_encoder(2);
  auto key = stream.directory() / "first.key";
  std::filesystem::rename(key, key.string() + ".away");
  Watcher watcher(Watcher::options(stream.uri()));
  fail_if(watcher.until([&] { return !watcher.segments().empty(); }, 2s));
  std::filesystem::rename(key.string() + ".away", key);
  watch(watcher, 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& segment = watcher.segments()[i];
    fail_unless(segment.bytes == decrypted(stream.segment(1, segment.sn), first_key, segment.sn));
  }
}
GST_END_TEST;

// Rule: where the playlist says that a segment does not continue the one before it, it comes out
// with a break, and with the times of its own.
GST_START_TEST(a_discontinuity) {
  LiveStream stream;
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher, 3);
  stream.stop_encoder();
  stream.go_on();
  auto of_second = [&](std::size_t i) {
    return watcher.segments()[i].bytes == stream.segment(2, watcher.segments()[i].sn);
  };
  fail_unless(
      watcher.until([&] { return watcher.whole() > 1 && of_second(watcher.whole() - 1); }, 30s),
      "nothing of the second run came");
  std::size_t breaks = 0;
  for (std::size_t i = 1; i < watcher.whole(); ++i) {
    const auto& segment = watcher.segments()[i];
    fail_unless(segment.flaw.empty() && segment.timestamp.has_value());
    fail_unless_equals_uint64(segment.sn, watcher.segments()[i - 1].sn + 1);
    bool changes = of_second(i) && !of_second(i - 1);
    fail_unless_equals_int(segment.discontinuity, changes);
    breaks += changes;
  }
  fail_unless_equals_uint64(breaks, 1);
}
GST_END_TEST;

// Rule: when the stream ends, everything of it comes out, and then the end.
GST_START_TEST(the_end) {
  LiveStream stream;
  stream.start_encoder();
  Watcher watcher(Watcher::options(stream.uri()));
  watch(watcher, 2);
  stream.end_stream();
  watcher.until([] { return false; }, 30s);
  fail_unless(std::holds_alternative<EndOfStream>(watcher.last()));
  const auto& last = watcher.segments().back();
  fail_unless(last.bytes == stream.segment(1, last.sn) && !last.bytes.empty());
  fail_unless(stream.segment(1, last.sn + 1).empty(), "there was more");
}
GST_END_TEST;

// Rule: what is encrypted otherwise is refused with one clear error.
GST_START_TEST(sample_aes_is_refused) {
  LiveStream stream;
  std::ofstream(stream.directory() / "drm.m3u8")
      << "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
         "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://"
         "key\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n"
         "#EXTINF:2,\na.ts\n";
  Watcher watcher(Watcher::options(stream.nginx().url() + "drm.m3u8"));
  watcher.until([] { return false; });
  auto* error = std::get_if<Error>(&watcher.last());
  fail_unless(error && error->kind == Error::Kind::encryption);
  fail_unless(error->message.find("SAMPLE-AES") != std::string::npos, "%s", error->message.c_str());
}
GST_END_TEST;

static Suite* formats_suite() {
  auto* suite = suite_create("formats");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, fragmented_mp4);
  tcase_add_test(tcase, an_init_section_that_is_not_there);
  tcase_add_test(tcase, date_ranges);
  tcase_add_test(tcase, byte_ranges);
  tcase_add_test(tcase, byte_ranges_of_fragmented_mp4);
  tcase_add_test(tcase, a_gap);
  tcase_add_test(tcase, an_untidy_playlist);
  tcase_add_test(tcase, encryption);
  tcase_add_test(tcase, expired_keys_are_renewed);
  tcase_add_test(tcase, encrypted_fragments);
  tcase_add_test(tcase, a_late_key);
  tcase_add_test(tcase, a_discontinuity);
  tcase_add_test(tcase, the_end);
  tcase_add_test(tcase, sample_aes_is_refused);
  return suite;
}

GST_CHECK_MAIN(formats)
