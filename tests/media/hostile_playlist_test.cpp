// Playlists that are wrong, and texts that are none.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"

#include "media/playlist.h"
#include "media/playlist_limits.h"

#include <random>

using namespace p2plive::media;
using Kind = PlaylistError::Kind;

namespace {

const std::string base = "http://cdn.example/live/stream.m3u8";
const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";

void expect(const std::string& text, Kind kind, std::size_t line, const std::string& uri = base) {
  auto playlist = parse_playlist(text, uri);
  auto shown = text.substr(0, 60);
  fail_if(playlist.has_value(), "read as a playlist: %s", shown.c_str());
  const auto& error = playlist.error();
  fail_unless(error.kind == kind, "%s: %s", shown.c_str(), error.message.c_str());
  fail_unless_equals_uint64(error.line, line);
  fail_unless(error.message.size() > 20 &&
              (error.message.back() == '.' || error.message.back() == '?'));
}

} // namespace

// Rule: what is no playlist at all is called by its name.
GST_START_TEST(strangers_are_named) {
  expect("", Kind::empty, 0);
  expect("\xef\xbb\xbf \r\n", Kind::empty, 0);
  expect("<!DOCTYPE html><html>#EXTM3U", Kind::html, 0);
  expect("\n{\"error\": 403}", Kind::json, 0);
  expect(read_fixture("ffmpeg.ts"), Kind::binary, 0);
  expect("\x1f\x8b\x08 gzip", Kind::binary, 0);
  expect(head + "#EXTINF:4,\na" + std::string(1, '\0') + ".ts\n", Kind::binary, 0);
  expect("Not found", Kind::not_a_playlist, 0);
  expect("#EXTM3U8\n", Kind::not_a_playlist, 0);
  expect("#EXTINF:4,\na.ts\n#EXTM3U\n", Kind::not_a_playlist, 0);
}
GST_END_TEST;

// Rule: what must be there is missed, with its line.
GST_START_TEST(missing_parts) {
  expect("#EXTM3U\n", Kind::missing_target_duration, 0);
  expect("#EXTM3U\n#EXTINF:4,\na.ts\n", Kind::missing_target_duration, 0);
  expect(head + "#EXTINF:4,\na.ts\nb.ts\n", Kind::missing_extinf, 5);
  expect("#EXTM3U\na.mp3\n", Kind::missing_extinf, 2);
  expect(head + "#EXT-X-KEY:URI=\"k\"\n", Kind::bad_tag, 3);
  expect(head + "#EXT-X-KEY:METHOD=AES-128\n", Kind::bad_tag, 3);
  expect(head + "#EXT-X-MAP:BYTERANGE=\"1@0\"\n", Kind::bad_tag, 3);
  expect(head + "#EXTINF:4,\n#EXT-X-BYTERANGE:10\na.ts\n", Kind::bad_tag, 5);
  expect(head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", Kind::bad_tag, 3);
  expect(head + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", Kind::mixed, 3);
  expect("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", Kind::no_variants, 0);
  expect("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"x\"\nv\n", Kind::bad_number, 2);
}
GST_END_TEST;

// Rule: absurd numbers are refused, wherever they stand.
GST_START_TEST(absurd_numbers) {
  for (auto* value :
       {"", "-1", "nan", "inf", "1e3", "4x", "3601", "99999999999999999999", "0x10", "."})
    for (auto* tag : {"#EXTINF:", "#EXT-X-TARGETDURATION:"})
      expect(head + tag + value + "\n", Kind::bad_number, 3);
  for (auto* value : {"", "-1", "1.5", "4611686018427387904", "18446744073709551616"})
    for (auto* tag : {"#EXT-X-MEDIA-SEQUENCE:", "#EXT-X-DISCONTINUITY-SEQUENCE:"})
      expect(head + tag + value + "\n", Kind::bad_number, 3);
  expect(head + "#EXT-X-VERSION:0\n", Kind::bad_number, 3);
  expect(head + "#EXT-X-BYTERANGE:10@18446744073709551615\n", Kind::bad_number, 3);
  expect(head + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x1g\n", Kind::bad_number, 3);
  expect("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=99999999999999\nv\n", Kind::bad_number, 2);
}
GST_END_TEST;

// Rule: only http and https are fetched, whatever a playlist asks for.
GST_START_TEST(bad_uris) {
  for (auto* uri :
       {"file:///etc/passwd", "ftp://h/a", "data:,x", "http://", "http:///a", "http://h:99999/a"})
    expect(head + "#EXTINF:4,\n" + uri + "\n", Kind::bad_uri, 4);
  expect(head + "#EXTINF:4,\na.ts\n", Kind::bad_uri, 4, "not a base");
  expect(head + "#EXTINF:4,\na.ts\n", Kind::bad_uri, 4, "file:///tmp/stream.m3u8");
  expect(head + "#EXTINF:4,\na.ts\n", Kind::bad_uri, 4, "");
}
GST_END_TEST;

// Rule: every limit holds, one above it is refused, and the limit itself is not.
GST_START_TEST(limits_hold) {
  expect(head + std::string(max_playlist_size, '\n'), Kind::too_large, 0);
  auto line = "#" + std::string(max_line_length - 1, 'x');
  fail_unless(parse_playlist(head + line + "\n", base).has_value());
  expect(head + line + "x\n", Kind::line_too_long, 3);
  const std::string root = "http://cdn.example/";
  auto path = "/" + std::string(max_uri_length - root.size(), 'x');
  fail_unless(parse_playlist(head + "#EXTINF:4,\n" + path + "\n", base).has_value());
  expect(head + "#EXTINF:4,\n" + path + "x\n", Kind::uri_too_long, 4);

  std::string many = head;
  for (std::size_t i = 0; i < max_segments; ++i)
    many += "#EXTINF:4,\na\n";
  // Its line says that all before it were taken.
  expect(many + "#EXTINF:4,\na\n", Kind::too_many_segments, 2 + 2 * max_segments + 2);

  std::string variants = "#EXTM3U\n";
  for (std::size_t i = 0; i < max_variants; ++i)
    variants += "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n";
  fail_unless(parse_playlist(variants, base).has_value());
  expect(variants + "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", Kind::too_many_variants,
         1 + 2 * max_variants + 2);
}
GST_END_TEST;

// Rule: a short text does not become a lot of memory, neither by a long base nor by a long key.
GST_START_TEST(no_amplification) {
  std::string many;
  for (std::size_t i = 0; i < max_segments; ++i)
    many += "#EXTINF:4,\na\n";
  auto long_base = "http://cdn.example/" + std::string(max_uri_length - 100, 'd') + "/s.m3u8";
  auto per_segment = long_base.size() - 5;
  expect(head + many, Kind::too_large, 2 + 2 * (max_uri_bytes / per_segment + 1), long_base);
  auto key = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd:" + std::string(15000, 'k') + "\"\n";
  auto playlist = parse_playlist(head + key + many, base);
  fail_unless(!playlist && playlist.error().kind == Kind::too_large);
}
GST_END_TEST;

// Rule: any prefix of a good playlist, and any bytes, give a playlist or an error, and no crash;
// segments in a prefix are those of the whole, but for the one that was cut.
GST_START_TEST(prefixes_and_noise) {
  std::mt19937 random(1); // NOLINT: the same noise in each run
  for (auto* name : {"ffmpeg-live.m3u8", "ffmpeg-fmp4.m3u8", "ffmpeg-master.m3u8",
                     "ffmpeg-aes128.m3u8", "hlssink2.m3u8"}) {
    auto text = read_fixture(name);
    auto whole = *parse_playlist(text, base);
    for (std::size_t length = 0; length < text.size(); ++length) {
      auto cut = parse_playlist(text.substr(0, length), base);
      auto* media = cut ? std::get_if<MediaPlaylist>(&*cut) : nullptr;
      for (std::size_t i = 0; media && i + 1 < media->segments.size(); ++i)
        fail_unless(media->segments[i] == std::get<MediaPlaylist>(whole).segments[i]);
    }
    for (int round = 0; round < 400; ++round) {
      auto noisy = text;
      for (int i = 0; i < 3; ++i)
        noisy[random() % noisy.size()] = static_cast<char>(random());
      (void)parse_playlist(noisy, base);
    }
  }
  for (int round = 0; round < 400; ++round) {
    std::string noise = round % 2 ? "#EXTM3U\n" : "";
    for (int i = 0; i < 300; ++i)
      noise += static_cast<char>(random());
    (void)parse_playlist(noise, noise);
  }
}
GST_END_TEST;

static Suite* hostile_playlist_suite() {
  auto* suite = suite_create("hostile_playlist");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 180);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, strangers_are_named);
  tcase_add_test(tcase, missing_parts);
  tcase_add_test(tcase, absurd_numbers);
  tcase_add_test(tcase, bad_uris);
  tcase_add_test(tcase, limits_hold);
  tcase_add_test(tcase, no_amplification);
  tcase_add_test(tcase, prefixes_and_noise);
  return suite;
}

GST_CHECK_MAIN(hostile_playlist)
