// Media playlists that are right, or right enough.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fixtures.h"

#include "media/date_time.h"
#include "media/playlist.h"

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

const std::string base = "http://cdn.example/live/stream.m3u8?token=1";

MediaPlaylist parse(const std::string& text, const std::string& base_uri = base) {
  auto playlist = parse_playlist(text, base_uri);
  fail_unless(playlist.has_value(), "%s", playlist ? "" : playlist.error().message.c_str());
  fail_unless(std::holds_alternative<MediaPlaylist>(*playlist));
  return std::get<MediaPlaylist>(*playlist);
}

/// A playlist with `body` behind the tags that each must have.
MediaPlaylist parse_body(const std::string& body) {
  return parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n" + body);
}

std::int64_t wall(const Segment& segment) {
  return segment.program_date_time ? segment.program_date_time->time_since_epoch().count() : -1;
}

} // namespace

// Rule: what ffmpeg writes is read: numbers, absolute URIs, durations, dates between EXTINF and
// URI.
GST_START_TEST(ffmpeg_live) {
  auto playlist = parse(read_fixture("ffmpeg-live.m3u8"));
  fail_unless(playlist.target_duration == 2s);
  fail_unless_equals_uint64(playlist.media_sequence, 8);
  fail_unless_equals_int(playlist.version, 3);
  fail_if(playlist.ended);
  fail_unless_equals_uint64(playlist.segments.size(), 4);
  const auto& last = playlist.segments.back();
  fail_unless_equals_uint64(last.sn, 11);
  fail_unless_equals_string(last.uri.c_str(), "http://cdn.example/live/live11.ts");
  fail_unless(last.duration == 1s);
  fail_unless(last.program_date_time_tagged);
  fail_unless_equals_int64(wall(last), 1795380851648); // date -u -d 2026-11-22T20:54:11.648 +%s%3N
  fail_if(unsupported(playlist));
}
GST_END_TEST;

// Rule: what hlssink2 writes is read: integer durations and many decimals, no final line end.
GST_START_TEST(hlssink2) {
  auto playlist = parse(read_fixture("hlssink2.m3u8"));
  fail_unless(playlist.ended);
  fail_unless_equals_uint64(playlist.segments.size(), 5);
  fail_unless(playlist.segments[0].duration == 2s);
  fail_unless(playlist.segments[4].duration == 1'899'999'976ns);
}
GST_END_TEST;

// Rule: what muxers write beside plain segments is read; what cannot be played is named in a
// sentence.
GST_START_TEST(unsupported_is_named) {
  auto fmp4 = parse(read_fixture("ffmpeg-fmp4.m3u8"));
  fail_unless(fmp4.independent_segments && fmp4.ended);
  const auto& second = fmp4.segments[1];
  fail_unless((second.byte_range == ByteRange{25665, 23707}));
  fail_unless_equals_string(second.map->uri.c_str(), "http://cdn.example/live/vod.m4s");
  fail_unless((second.map->byte_range == ByteRange{0, 1360}));
  fail_if(unsupported(fmp4));

  auto encrypted = parse(read_fixture("ffmpeg-aes128.m3u8"));
  const auto& key = encrypted.segments[2].key;
  fail_unless(key.method == Key::Method::aes_128 && key.iv);
  fail_unless_equals_string(key.uri.c_str(), "https://k.example/key");
  fail_if(unsupported(encrypted));

  auto ranges = parse_body("#EXTINF:4,\n#EXT-X-BYTERANGE:10@5\na.ts\n"
                           "#EXTINF:4,\n#EXT-X-BYTERANGE:7\na.ts\n");
  fail_unless((ranges.segments[1].byte_range == ByteRange{15, 7}));
  fail_if(unsupported(ranges));

  auto drm = parse_body("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://x,y\",IV=0xFf\n#EXTINF:4,\na\n");
  fail_unless(drm.segments[0].key.method == Key::Method::sample_aes);
  fail_unless_equals_string(drm.segments[0].key.uri.c_str(), "skd://x,y");
  fail_unless_equals_int((*drm.segments[0].key.iv)[15], 0xff);
  fail_unless_equals_int((*drm.segments[0].key.iv)[14], 0);
  fail_unless(unsupported(drm)->encryption);
  fail_unless(unsupported(drm)->message.find("SAMPLE-AES") != std::string::npos);
}
GST_END_TEST;

// Rule: an init section is encrypted as the segments are, where the key names an IV for it.
GST_START_TEST(keys_of_init_sections) {
  auto playlist = parse_body("#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n#EXT-X-MAP:URI=\"a\"\n"
                             "#EXTINF:4,\na\n"
                             "#EXT-X-KEY:METHOD=AES-128,URI=\"k2\",IV=0x1\n#EXT-X-MAP:URI=\"b\"\n"
                             "#EXTINF:4,\nb\n");
  fail_unless(playlist.segments[0].map->key.method == Key::Method::none);
  fail_unless(playlist.segments[0].key.method == Key::Method::aes_128);
  fail_unless(playlist.segments[1].map->key == playlist.segments[1].key);
}
GST_END_TEST;

// Rule: a key holds until the next, NONE ends it; of keys in a row the identity one counts.
GST_START_TEST(keys_hold_until_the_next) {
  auto playlist =
      parse_body("#EXTINF:4,\na\n"
                 "#EXT-X-KEY:METHOD=AES-128,URI=\"k1\"\n"
                 "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"data:x\",KEYFORMAT=\"urn:uuid:1\"\n"
                 "#EXTINF:4,\nb\n#EXTINF:4,\nc\n"
                 "#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nd\n");
  fail_unless(playlist.segments[0].key.method == Key::Method::none);
  fail_unless_equals_string(playlist.segments[1].key.uri.c_str(), "http://cdn.example/live/k1");
  fail_unless(playlist.segments[2].key == playlist.segments[1].key);
  fail_unless(playlist.segments[3].key == Key{});
}
GST_END_TEST;

// Rule: a segment's discontinuity sequence is the playlist's plus the tags before it (6.2.1).
GST_START_TEST(discontinuity_sequences) {
  auto playlist = parse_body("#EXT-X-DISCONTINUITY-SEQUENCE:40\n#EXT-X-MEDIA-SEQUENCE:5\n"
                             "#EXT-X-DISCONTINUITY\n#EXTINF:4,\na\n#EXTINF:4,\nb\n"
                             "#EXTINF:4,\n#EXT-X-DISCONTINUITY\nc\n#EXT-X-GAP\n#EXTINF:4,\nd\n");
  const std::uint64_t expected[] = {41, 41, 42, 42};
  for (int i = 0; i < 4; ++i) {
    fail_unless_equals_uint64(playlist.segments[i].discontinuity_sequence, expected[i]);
    fail_unless_equals_uint64(playlist.segments[i].sn, 5u + i);
    fail_unless(playlist.segments[i].discontinuity == (i == 0 || i == 2));
    fail_unless(playlist.segments[i].gap == (i == 3));
  }
}
GST_END_TEST;

// Rule: dates go on from a tag, and back from the first one, but not across a discontinuity.
GST_START_TEST(dates_are_reckoned) {
  auto playlist =
      parse_body("#EXTINF:4,\na\n"
                 "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T01:00:10+01:00\n#EXTINF:1.9996,\nb\n"
                 "#EXTINF:1.9996,\nc\n#EXTINF:1.9996,\nd\n"
                 "#EXT-X-DISCONTINUITY\n#EXTINF:4,\ne\n"
                 "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nf\n"
                 "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:00.5Z\n#EXTINF:4,\ng\n");
  const std::int64_t expected[] = {6000, 10000, 11999, 13999, -1, 56500, 60500};
  for (int i = 0; i < 7; ++i) {
    fail_unless_equals_int64(wall(playlist.segments[i]), expected[i]);
    fail_unless(playlist.segments[i].program_date_time_tagged == (i == 1 || i == 6));
  }
}
GST_END_TEST;

// Rule: dates in every form that ISO 8601 and encoders know; no date is better than a wrong one.
GST_START_TEST(dates_are_read) {
  const std::pair<const char*, std::int64_t> good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-22T20:54:11.648+0000", 1795380851648},
      {"2026-11-22T20:54:11.6489999+00:00", 1795380851648},
      {"2026-11-22T22:24:11,6+01:30", 1795380851600},
      {"2026-11-22T15:54:11-05", 1795380851000},
      {"2026-11-22 20:54", 1795380840000},
      {"2024-02-29T23:59:60Z ", 1709251199000},
  };
  for (const auto& [text, expected] : good) {
    auto date = parse_date_time(text);
    fail_unless(date.has_value(), "%s", text);
    fail_unless_equals_int64(date->time_since_epoch().count(), expected);
  }
  for (auto* text : {"", "yesterday", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
                     "2026-11-22T24:00:00Z", "2026-11-22T20:60:00Z", "2026-11-22T20:54:11+1",
                     "2026-11-22T20:54:11Zx", "-026-11-22T20:54:11Z", "2026-11-22T20:54:11+24:00",
                     "9999-11-22T20:54:11Z", "1969-12-31T23:59:59Z",
                     "2026-11-22T20:54:11."
                     "0000000000000000000000000000000000000000000000000000000000000000000x"})
    fail_if(parse_date_time(text).has_value(), "%s", text);
}
GST_END_TEST;

// Rule: BOM, CRLF, comments, unknown tags, blank lines and an EXTINF without its URI yet do no
// harm.
GST_START_TEST(untidy_ones_are_read) {
  auto playlist = parse("\xef\xbb\xbf#EXTM3U\r\n# comment\r\n#EXT-X-TARGETDURATION:4 \r\n\r\n"
                        "#EXT-X-NEW-THING:A=\"b,c\"\r\n#EXTINF:3.5,title, with \xe9 comma\r\n"
                        "#EXT-X-PROGRAM-DATE-TIME:yesterday\r\n  a.ts\t\r\n"
                        "#EXT-X-PART:DURATION=1,URI=\"p\"\r\n#EXTINF:4\r\n");
  fail_unless_equals_uint64(playlist.segments.size(), 1);
  fail_unless(playlist.segments[0].duration == 3500ms);
  fail_unless_equals_string(playlist.segments[0].uri.c_str(), "http://cdn.example/live/a.ts");
  fail_if(playlist.segments[0].program_date_time);
  fail_unless(parse("#EXTM3U\n#EXT-X-TARGETDURATION:0\n").target_duration == 1s);
}
GST_END_TEST;

// Rule: what stands between an EXTINF and its URI does not part them; a tag is its whole name, and
// tags hold for the next URI wherever they stand.
GST_START_TEST(tags_and_their_uri_belong_together) {
  auto playlist = parse_body("#EXTINF:4,\n\n# a comment\n#a.ts\n#EXT-X-UNKNOWN\n#EXTINF-NOT:9,\n"
                             "#EXT-X-GAPS\n#EXT-X-ENDLIST-NOT\n#EXTRA\na.ts\n"
                             "#EXT-X-DISCONTINUITY-SEQUENCE:7\n#EXT-X-MEDIA-SEQUENCE:3\n"
                             "#EXT-X-GAP\n#EXTINF:1\nb.ts");
  fail_unless_equals_uint64(playlist.segments.size(), 2);
  const auto& one = playlist.segments[0];
  fail_unless(one.duration == 4s && !one.gap && !playlist.ended && !one.discontinuity);
  fail_unless_equals_uint64(one.sn, 3);
  fail_unless_equals_uint64(one.discontinuity_sequence, 7);
  fail_unless(playlist.segments[1].gap && playlist.segments[1].duration == 1s);
}
GST_END_TEST;

// Rule: URIs are resolved as RFC 3986 says, and what is percent-encoded stays so.
GST_START_TEST(uris_are_resolved) {
  const std::string deep = "https://u:p@h.example:8443/x/y/list.m3u8?t=0";
  const std::string bare = "http://h.example?t=0";
  const struct {
    const std::string& base;
    const char* reference;
    const char* expected;
  } cases[] = {
      {deep, "a.ts", "https://u:p@h.example:8443/x/y/a.ts"},
      {deep, "../a.ts?q=1&r=%2F", "https://u:p@h.example:8443/x/a.ts?q=1&r=%2F"},
      {deep, "/a%20b%2Fc.ts", "https://u:p@h.example:8443/a%20b%2Fc.ts"},
      {deep, "//other.example/a", "https://other.example/a"},
      {deep, "HTTP://Other.example/a", "http://Other.example/a"},
      {deep, "?only=query", "https://u:p@h.example:8443/x/y/list.m3u8?only=query"},
      {deep, "a b\xc3\xa9.ts", "https://u:p@h.example:8443/x/y/a%20b%C3%A9.ts"},
      {deep, "http://[::1]:80/a", "http://[::1]:80/a"},
      {bare, "a.ts", "http://h.example/a.ts"},
      {bare, "../x/a.ts", "http://h.example/x/a.ts"},
      {bare, "?only=query", "http://h.example/?only=query"},
  };
  for (const auto& it : cases) {
    auto text = std::string("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n") + it.reference;
    auto playlist = parse(text, it.base);
    fail_unless_equals_string(playlist.segments[0].uri.c_str(), it.expected);
  }
}
GST_END_TEST;

// Rule: where to begin is read with its sign; what is no number of seconds says nothing.
GST_START_TEST(a_place_to_begin) {
  auto offset = [](const std::string& attributes) {
    return parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-START:" + attributes + "\n")
        .start_offset;
  };
  fail_unless(offset("TIME-OFFSET=12.5") == 12500ms);
  fail_unless(offset("PRECISE=YES,TIME-OFFSET=-8") == -8s);
  fail_unless(offset("TIME-OFFSET=+0") == 0s);
  for (auto* nothing : {"", "TIME-OFFSET=", "TIME-OFFSET=-", "TIME-OFFSET=--8", "TIME-OFFSET=late",
                        "TIME-OFFSET=1e300", "PRECISE=YES"})
    fail_if(offset(nothing).has_value(), "%s", nothing);
}
GST_END_TEST;

static Suite* media_playlist_suite() {
  auto* suite = suite_create("media_playlist");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, ffmpeg_live);
  tcase_add_test(tcase, hlssink2);
  tcase_add_test(tcase, unsupported_is_named);
  tcase_add_test(tcase, keys_of_init_sections);
  tcase_add_test(tcase, keys_hold_until_the_next);
  tcase_add_test(tcase, discontinuity_sequences);
  tcase_add_test(tcase, a_place_to_begin);
  tcase_add_test(tcase, dates_are_reckoned);
  tcase_add_test(tcase, dates_are_read);
  tcase_add_test(tcase, untidy_ones_are_read);
  tcase_add_test(tcase, tags_and_their_uri_belong_together);
  tcase_add_test(tcase, uris_are_resolved);
  return suite;
}

GST_CHECK_MAIN(media_playlist)
