// Updates that leave segments out (draft-pantos-hls-rfc8216bis, 6.2.5.1).
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parse.h"

#include "media/playlist_delta.h"
#include "media/playlist_limits.h"

using namespace p2plive::media;
using namespace std::chrono_literals;
using Kind = PlaylistError::Kind;

namespace {

/// A stream in which something changes all the time: segment `sn` with all tags that it has.
/// `first`: it is the first listed, and says all that holds from before.
std::string segment(int sn, bool first) {
  std::string text;
  if (sn % 5 == 0)
    text += "#EXT-X-DISCONTINUITY\n";
  if (sn % 4 == 0 || first)
    text += sn / 4 % 2 ? "#EXT-X-KEY:METHOD=AES-128,URI=\"key" + std::to_string(sn / 4) + "\"\n"
                       : "#EXT-X-KEY:METHOD=NONE\n";
  if (sn % 7 == 0 || first)
    text += "#EXT-X-MAP:URI=\"init" + std::to_string(sn / 7) + ".mp4\"\n";
  if (sn % 3 == 0)
    text += "#EXT-X-PROGRAM-DATE-TIME:1970-01-02T00:" + std::to_string(10 + sn) + ":00Z\n";
  if (sn % 6 == 0)
    text += "#EXT-X-GAP\n";
  text += "#EXTINF:1.9996,\n#EXT-X-BYTERANGE:100";
  if (sn % 8 == 0 || first)
    text += "@" + std::to_string(sn % 8 * 100);
  return text + "\nfile" + std::to_string(sn / 8) + ".mp4\n";
}

/// Segments [first, end), the first `skipped` of them left out where there are any.
std::string playlist(int first, int end, int skipped = 0, const std::string& more = {}) {
  auto text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12.5\n"
              "#EXT-X-MEDIA-SEQUENCE:" +
              std::to_string(first) +
              "\n#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string((first + 4) / 5) + "\n" + more;
  if (skipped > 0)
    text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=" + std::to_string(skipped) + "\n";
  for (int sn = first + skipped; sn < end; ++sn)
    text += segment(sn, sn == first);
  return text;
}

void misfits(const MediaPlaylist& before, const std::string& update, Kind kind, std::size_t line,
             const std::string& part) {
  expect_error(parse_error(update, {.before = &before}), kind, line, part);
}

const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";

} // namespace

// Rule: an update makes the same of the playlist before it as loading it whole, wherever it begins:
// keys, init sections, byte ranges, numbers, discontinuities and dates go on.
GST_START_TEST(an_update_equals_the_whole) {
  for (int first = 1; first < 20; ++first) {
    for (int gone = 0; gone < 6; ++gone) {
      auto before = parse(playlist(first, first + 12));
      auto whole = parse(playlist(first + gone, first + 14));
      for (int skipped = 1; skipped <= 12 - gone; ++skipped) {
        auto update = parse(playlist(first + gone, first + 14, skipped), {.before = &before});
        fail_unless_equals_uint64(update.segments.size(), whole.segments.size());
        for (std::size_t i = 0; i < whole.segments.size(); ++i) {
          auto& segment = update.segments[i];
          if (i < 3) { // their date may come from a tag that has left the list
            segment.program_date_time = whole.segments[i].program_date_time;
            segment.date_fraction = whole.segments[i].date_fraction;
          }
          fail_unless(segment == whole.segments[i], "segment %d of %d, %d gone, %d skipped",
                      int(segment.sn), first, gone, skipped);
        }
        update.segments = whole.segments;
        fail_unless(update == whole);
      }
    }
  }
}
GST_END_TEST;

// Rule: dates that are reckoned go on from update to update without adding up roundings, also when
// the tag that they come from has left the list.
GST_START_TEST(dates_go_on) {
  const std::string inf = "#EXTINF:1.9996,\n";
  auto last =
      parse(head + "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00Z\n" + inf + "0\n" + inf + "1\n");
  for (int sn = 2; sn < 1002; ++sn)
    last = parse(head + "#EXT-X-MEDIA-SEQUENCE:" + std::to_string(sn - 1) +
                     "\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n" + inf + std::to_string(sn) + "\n",
                 {.before = &last});
  fail_unless_equals_int64(last.segments.back().program_date_time->time_since_epoch().count(),
                           19996 * 1001 / 10);
  fail_if(last.segments.back().program_date_time_tagged);
}
GST_END_TEST;

// Rule: dates that a hostile server makes walk on, from update to update, end long before they
// overflow.
GST_START_TEST(dates_do_not_walk_away) {
  auto before = parse(head + "#EXTINF:3600,\na\n");
  const std::chrono::sys_days end{2210y / 1 / 1};
  before.segments[0].program_date_time = end - 36h;
  auto text = head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n";
  for (int i = 0; i < 60; ++i)
    text += "#EXTINF:3600,\na\n";
  auto update = parse(text, {.before = &before});
  fail_unless(update.segments[12].program_date_time == end - 24h);
  fail_if(update.segments[60].program_date_time.has_value());
}
GST_END_TEST;

// Rule: tags above the EXT-X-SKIP are those of segments left out, and not of the next one.
GST_START_TEST(tags_above_do_not_reach_below) {
  auto before = parse(head + "#EXT-X-MAP:URI=\"m0\"\n#EXTINF:4,\na\n#EXT-X-MAP:URI=\"m1\"\n"
                             "#EXTINF:4,\nb\n");
  auto update = parse(head + "#EXT-X-MAP:URI=\"m0\"\n#EXT-X-GAP\n#EXT-X-DISCONTINUITY\n"
                             "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00Z\n#EXTINF:3,\n"
                             "#EXT-X-BYTERANGE:1@1\n"
                             "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXTINF:4,\nc\n",
                      {.before = &before});
  const auto& third = update.segments.at(2);
  fail_unless_equals_string(third.map->uri.c_str(), "http://cdn.example/live/m1");
  fail_if(third.gap || third.discontinuity || third.byte_range || third.program_date_time_tagged);
  expect_error(
      parse_error(head + "#EXTINF:4,\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\nc\n", {.before = &before}),
      Kind::missing_extinf, 5, "EXTINF");
}
GST_END_TEST;

// Rule: what the server offers is read; what cannot be read is not offered.
GST_START_TEST(the_offer_is_read) {
  fail_unless(parse(playlist(1, 2)).skip_boundary == 12'500ms);
  for (auto* tag :
       {"", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n",
        "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=-4\n", "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=nan\n",
        "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=99999999999999999999\n"})
    fail_unless(parse(head + tag + "#EXTINF:4,\na\n").skip_boundary == 0s);
}
GST_END_TEST;

// Rule: an update that does not go on from the playlist before it is an error that says what to do.
GST_START_TEST(misfits_are_named) {
  auto before = parse(playlist(10, 20));
  const std::string whole = "loaded whole";
  // Older ones than are known, newer ones, more than are known.
  misfits(before, playlist(9, 22, 3), Kind::delta_misfit, 6, whole);
  misfits(before, playlist(21, 25, 1), Kind::delta_misfit, 6, whole);
  misfits(before, playlist(12, 25, 9), Kind::delta_misfit, 6, whole);
  parse(playlist(12, 25, 8), {.before = &before});
  misfits(before, playlist(10, 25, max_segments), Kind::delta_misfit, 6, whole);
  misfits(MediaPlaylist{}, playlist(0, 4, 1), Kind::delta_misfit, 6, whole);
  // An encoder that has started again: the same numbers, other segments.
  auto other = playlist(12, 22, 5);
  other.replace(other.find("1.9996"), 6, "1.0000");
  misfits(before, other, Kind::delta_misfit, 6, "another than before");
  other = playlist(12, 22, 5);
  other.replace(other.find("SEQUENCE:3\n"), 10, "SEQUENCE:4");
  misfits(before, other, Kind::delta_misfit, 6, "another than before");
}
GST_END_TEST;

// Rule: an EXT-X-SKIP that cannot be read is one.
GST_START_TEST(broken_updates) {
  auto before = parse(head + "#EXTINF:4,\na\n#EXTINF:4,\nb\n");
  const std::string skip = "#EXT-X-SKIP:SKIPPED-SEGMENTS=";
  for (auto* count : {"", "-1", "x", "1.5", "50001", "18446744073709551616"})
    misfits(before, head + skip + count + "\n", Kind::bad_number, 3, "number");
  misfits(before, head + "#EXT-X-SKIP:\n", Kind::bad_number, 3, "number");
  misfits(before, head + skip + "1\n" + skip + "1\n", Kind::bad_tag, 4, "second time");
  misfits(before, head + "#EXTINF:4,\na\n" + skip + "1\n", Kind::bad_tag, 5, "behind others");
  misfits(before, head + skip + "1\n#EXT-X-MEDIA-SEQUENCE:1\n", Kind::bad_tag, 4, "above it");
  misfits(before, head + skip + "1\n#EXTINF:4,\n#EXT-X-BYTERANGE:5\na\n", Kind::bad_tag, 6,
          "offset");
  expect_error(parse_error(head + skip + "1\n"), Kind::bad_tag, 3, "nobody asked for");
  fail_unless(parse(head + skip + "0\n#EXTINF:4,\na\n", {.before = &before}).segments.size() == 1);
}
GST_END_TEST;

// Rule: updates stay within the same limits as what is loaded whole.
GST_START_TEST(limits_hold) {
  MediaPlaylist before{.segments = std::vector<Segment>(max_segments)};
  for (auto& segment : before.segments)
    segment.duration = 4s;
  auto skip = head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=50000\n";
  fail_unless_equals_uint64(parse(skip, {.before = &before}).segments.size(), max_segments);
  misfits(before, skip + "#EXTINF:4,\na\n", Kind::too_many_segments, 5, "50000");

  std::string large = head;
  std::size_t segments = 0;
  const std::string long_name(max_uri_length / 2, 'x');
  for (std::size_t bytes = 0; bytes < max_playlist_size - 3 * max_uri_length;
       bytes += long_name.size() + 12, ++segments)
    large += "#EXTINF:4,\n" + long_name + "\n";
  // Less in text than in memory: keys stand once and count each time.
  large.insert(head.size(), "#EXT-X-KEY:METHOD=AES-128,URI=\"" + long_name + "\"\n");
  before = parse(large);
  for (auto& segment : before.segments)
    segment.map = InitSection{std::string(2 * max_uri_length, 'm'), {}};
  misfits(before, head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=" + std::to_string(segments) + "\n",
          Kind::too_large, 3, "too large");
}
GST_END_TEST;

// Rule: date ranges are those of the update, and those before only where it says what was removed.
GST_START_TEST(date_ranges_are_carried_over) {
  auto before = parse(head + "#EXT-X-DATERANGE:ID=\"a\"\n#EXT-X-DATERANGE:ID=\"b\"\n"
                             "#EXT-X-DATERANGE:ID=\"c\"\n#EXTINF:4,\ns\n");
  auto ids = [&](const std::string& attributes) {
    std::string result;
    auto update = parse(head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=1" + attributes +
                            "\n#EXT-X-DATERANGE:ID=\"c\",DURATION=4\n#EXT-X-DATERANGE:ID=\"d\"\n",
                        {.before = &before});
    for (const auto& range : update.date_ranges)
      result += range.id + (range.duration ? "4" : "");
    return result;
  };
  fail_unless(ids("") == "c4d");
  fail_unless(ids(",RECENTLY-REMOVED-DATERANGES=\"\"") == "abc4d");
  fail_unless(ids(",RECENTLY-REMOVED-DATERANGES=\"b\tx\ta\"") == "c4d");
}
GST_END_TEST;

// Rule: the directive stands in the query, before any fragment, and keeps what is there.
GST_START_TEST(the_directive_joins_the_query) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://h/s.m3u8", "http://h/s.m3u8?_HLS_skip=YES"},
      {"http://h/s.m3u8?t=1", "http://h/s.m3u8?t=1&_HLS_skip=YES"},
      {"http://h/s.m3u8?t=1&", "http://h/s.m3u8?t=1&_HLS_skip=YES"},
      {"http://h/s.m3u8?", "http://h/s.m3u8?_HLS_skip=YES"},
      {"http://h/s.m3u8#f?g", "http://h/s.m3u8?_HLS_skip=YES#f?g"},
      {"http://h/s.m3u8?t=%23#f", "http://h/s.m3u8?t=%23&_HLS_skip=YES#f"},
  };
  for (const auto& [uri, expected] : cases)
    fail_unless(delta_uri(uri) == expected, "%s", delta_uri(uri).c_str());
}
GST_END_TEST;

static Suite* playlist_delta_suite() {
  auto* suite = suite_create("playlist_delta");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, an_update_equals_the_whole);
  tcase_add_test(tcase, dates_go_on);
  tcase_add_test(tcase, dates_do_not_walk_away);
  tcase_add_test(tcase, tags_above_do_not_reach_below);
  tcase_add_test(tcase, the_offer_is_read);
  tcase_add_test(tcase, misfits_are_named);
  tcase_add_test(tcase, broken_updates);
  tcase_add_test(tcase, limits_hold);
  tcase_add_test(tcase, date_ranges_are_carried_over);
  tcase_add_test(tcase, the_directive_joins_the_query);
  return suite;
}

GST_CHECK_MAIN(playlist_delta)
