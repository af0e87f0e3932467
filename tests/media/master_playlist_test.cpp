// Master playlists and the choice among their variants.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"

#include "media/playlist.h"

using namespace p2plive::media;

namespace {

MasterPlaylist parse(const std::string& text) {
  auto playlist = parse_playlist(text, "http://cdn.example/live/master.m3u8");
  fail_unless(playlist.has_value(), "%s", playlist ? "" : playlist.error().message.c_str());
  fail_unless(std::holds_alternative<MasterPlaylist>(*playlist));
  return std::get<MasterPlaylist>(*playlist);
}

std::string chosen(const MasterPlaylist& playlist, std::uint64_t max_bandwidth) {
  auto* variant = choose_variant(playlist, max_bandwidth);
  return variant ? variant->uri.substr(variant->uri.rfind('/') + 1) : "none";
}

} // namespace

// Rule: what ffmpeg writes is read.
GST_START_TEST(ffmpeg_master) {
  auto playlist = parse(read_fixture("ffmpeg-master.m3u8"));
  fail_unless_equals_uint64(playlist.variants.size(), 2);
  const auto& low = playlist.variants[0];
  fail_unless_equals_string(low.uri.c_str(), "http://cdn.example/live/low.m3u8");
  fail_unless_equals_uint64(low.bandwidth, 92400);
  fail_unless_equals_string(low.codecs.c_str(), "avc1.f4000a,mp4a.40.2"); // a quoted comma
  fail_unless_equals_int(low.width, 160);
  fail_unless_equals_int(low.height, 90);
}
GST_END_TEST;

// Rule: every attribute finds its field, whatever stands around it; broken extras do no harm.
GST_START_TEST(attributes) {
  auto playlist = parse(
      "#EXTM3U\n#EXT-X-STREAM-INF:X-NAME=\"BANDWIDTH=1,a\", AVERAGE-BANDWIDTH=900,BANDWIDTH=1000,"
      "RESOLUTION=wide,FRAME-RATE=29.970,CODECS=\"avc1.4d401f\"\nv.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=5,FRAME-RATE=nan,RESOLUTION=99999999999x1\nw.m3u8\n");
  const auto& wide = playlist.variants[0];
  fail_unless_equals_uint64(wide.bandwidth, 1000);
  fail_unless_equals_uint64(wide.average_bandwidth, 900);
  fail_unless_equals_int(wide.width, 0);
  fail_unless_equals_float(wide.frame_rate, 29.97);
  fail_unless_equals_float(playlist.variants[1].frame_rate, 0);
  fail_unless_equals_int(playlist.variants[1].height, 0);
}
GST_END_TEST;

// Rule: BOM, CRLF, blank lines, comments, unknown tags, also between a tag and its URI, and a URI
// of no stream do no harm.
GST_START_TEST(untidy_ones_are_read) {
  auto playlist =
      parse("\xef\xbb\xbf#EXTM3U\r\n#EXT-X-VERSION:7\r\n# a comment\r\nstray.m3u8\r\n"
            "#EXT-X-NEW-THING:BANDWIDTH=9\r\n#EXT-X-SESSION-DATA:DATA-ID=\"x\"\r\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS=\"avc1.4d401f\" \r\n\r\n#comment\r\n"
            "#EXT-X-OTHER\r\n\t v.m3u8 \r\n#EXT-X-INDEPENDENT-SEGMENTS");
  fail_unless_equals_uint64(playlist.variants.size(), 1);
  fail_unless_equals_uint64(playlist.variants[0].bandwidth, 1000);
  fail_unless_equals_string(playlist.variants[0].codecs.c_str(), "avc1.4d401f");
  fail_unless_equals_string(playlist.variants[0].uri.c_str(), "http://cdn.example/live/v.m3u8");
  fail_unless(playlist.independent_segments);
}
GST_END_TEST;

// Rule: the highest not above the limit; the lowest if none is; the first among equals.
GST_START_TEST(choice_by_bandwidth) {
  auto playlist = parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2000\nb\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=1000\na\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=3000\nc\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=3000\nbackup\n");
  fail_unless(chosen(playlist, 2999) == "b");
  fail_unless(chosen(playlist, 2000) == "b");
  fail_unless(chosen(playlist, UINT64_MAX) == "c");
  fail_unless(chosen(playlist, 10) == "a");
  fail_unless(chosen(MasterPlaylist{}, 10) == "none");
}
GST_END_TEST;

// Rule: picture and sound together go before sound apart, and that before sound only.
GST_START_TEST(choice_by_kind) {
  auto playlist =
      parse("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"apart\",NAME=\"en\",URI=\"en.m3u8\"\n"
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"inside\",NAME=\"en\"\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=64,CODECS=\"mp4a.40.2\"\nsound\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS=\"avc1.4d401f\",AUDIO=\"apart\"\ndemuxed\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS=\"avc1.4d401f\",AUDIO=\"inside\"\nmuxed\n");
  fail_unless(chosen(playlist, 1000) == "muxed");
  fail_unless(playlist.variants[0].audio_only());
  fail_if(playlist.variants[1].audio_only());
  fail_unless(unsupported(playlist.variants[1]).has_value());
  fail_if(unsupported(playlist.variants[2]).has_value());
  playlist.variants.pop_back();
  fail_unless(chosen(playlist, 100) == "demuxed");
  playlist.variants.pop_back();
  fail_unless(chosen(playlist, 10) == "sound");
}
GST_END_TEST;

static Suite* master_playlist_suite() {
  auto* suite = suite_create("master_playlist");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, ffmpeg_master);
  tcase_add_test(tcase, attributes);
  tcase_add_test(tcase, untidy_ones_are_read);
  tcase_add_test(tcase, choice_by_bandwidth);
  tcase_add_test(tcase, choice_by_kind);
  return suite;
}

GST_CHECK_MAIN(master_playlist)
