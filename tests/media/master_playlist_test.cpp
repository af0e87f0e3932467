// Master playlists and the choice among their variants.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"

#include "media/variant_choice.h"

using namespace p2plive::media;

namespace {

MasterPlaylist parse(const std::string& text) {
  auto playlist = parse_playlist(text, "http://cdn.example/live/master.m3u8");
  fail_unless(playlist.has_value(), "%s", playlist ? "" : playlist.error().message.c_str());
  fail_unless(std::holds_alternative<MasterPlaylist>(*playlist));
  return std::get<MasterPlaylist>(*playlist);
}

std::string chosen(const MasterPlaylist& playlist, const VariantWish& wish) {
  auto* variant = choose_variant(playlist, wish);
  return variant ? variant->uri.substr(variant->uri.rfind('/') + 1) : "none";
}

std::string chosen(const MasterPlaylist& playlist, std::uint64_t max_bandwidth) {
  return chosen(playlist, VariantWish{.max_bandwidth = max_bandwidth});
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

// Rule: all bounds count together; a size that is not named is within; the lowest if none fits.
GST_START_TEST(choice_by_size) {
  auto playlist = parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=3000,RESOLUTION=1920x1080\nc\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=2000,RESOLUTION=1280x720\nb\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=640x360\na\n");
  fail_unless(chosen(playlist, VariantWish{}) == "c");
  fail_unless(chosen(playlist, VariantWish{.max_height = 720}) == "b");
  fail_unless(chosen(playlist, VariantWish{.max_width = 1279}) == "a");
  fail_unless(chosen(playlist, VariantWish{.max_bandwidth = 1500, .max_height = 720}) == "a");
  fail_unless(chosen(playlist, VariantWish{.max_width = 100}) == "a");
  playlist.variants[0].width = playlist.variants[0].height = 0;
  fail_unless(chosen(playlist, VariantWish{.max_height = 720}) == "c");
}
GST_END_TEST;

// Rule: wanted codecs go before bandwidth, unnamed ones between; sound is not held against a list
// that names picture only. A list that nothing answers to is no reason to play nothing.
GST_START_TEST(choice_by_codecs) {
  auto playlist =
      parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=3000,CODECS=\"hvc1.1.6.L93, ac-3\"\nhevc\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=2500\nunnamed\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS=\"avc1.4d401f,ac-3\"\ndolby\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS=\"avc1.4d401f,mp4a.40.2\"\naac\n");
  fail_unless(chosen(playlist, VariantWish{}) == "hevc");
  fail_unless(chosen(playlist, VariantWish{.codecs = {"avc1"}}) == "dolby");
  fail_unless(chosen(playlist, VariantWish{.codecs = {"avc1", "mp4a"}}) == "aac");
  fail_unless(chosen(playlist, VariantWish{.codecs = {"mp4a"}}) == "aac");
  fail_unless(chosen(playlist, VariantWish{.codecs = {"hvc1", "avc1"}}) == "hevc");
  fail_unless(chosen(playlist, VariantWish{.codecs = {"av01"}}) == "unnamed");
  fail_unless(chosen(playlist, VariantWish{.max_bandwidth = 10, .codecs = {"avc1"}}) == "aac");
}
GST_END_TEST;

// Rule: variants that differ in their URI only are one, in the order of the list, each URI once.
GST_START_TEST(redundant_variants) {
  const std::string high = "#EXT-X-STREAM-INF:BANDWIDTH=2000,RESOLUTION=1280x720\n";
  auto playlist = parse("#EXTM3U\n" + high + "http://a/high\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n" +
                        "http://a/low\n" + high + "http://b/high\n" + high + "http://a/high\n" +
                        "#EXT-X-STREAM-INF:BANDWIDTH=2000,RESOLUTION=1280x721\nhttp://c/high\n");
  const std::vector<std::string> both{"http://a/high", "http://b/high"};
  fail_unless(redundant_uris(playlist, playlist.variants[0]) == both);
  fail_unless(redundant_uris(playlist, playlist.variants[2]) == both);
  fail_unless_equals_uint64(redundant_uris(playlist, playlist.variants[1]).size(), 1);
}
GST_END_TEST;

// Rule: it may say where to begin, for all of its media playlists.
GST_START_TEST(a_place_to_begin) {
  const std::string variant = "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n";
  fail_unless(parse("#EXTM3U\n#EXT-X-START:TIME-OFFSET=-9.5\n" + variant).start_offset ==
              std::chrono::milliseconds(-9500));
  fail_if(parse("#EXTM3U\n#EXT-X-START:TIME-OFFSET=x\n" + variant).start_offset.has_value());
}
GST_END_TEST;

static Suite* master_playlist_suite() {
  auto* suite = suite_create("master_playlist");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_place_to_begin);
  tcase_add_test(tcase, ffmpeg_master);
  tcase_add_test(tcase, attributes);
  tcase_add_test(tcase, untidy_ones_are_read);
  tcase_add_test(tcase, choice_by_bandwidth);
  tcase_add_test(tcase, choice_by_kind);
  tcase_add_test(tcase, choice_by_size);
  tcase_add_test(tcase, choice_by_codecs);
  tcase_add_test(tcase, redundant_variants);
  return suite;
}

GST_CHECK_MAIN(master_playlist)
