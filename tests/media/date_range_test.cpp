// EXT-X-DATERANGE (RFC 8216, 4.3.2.7).
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parse.h"

#include "media/playlist_limits.h"

using namespace p2plive::media;
using namespace std::chrono_literals;

namespace {

const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";

std::vector<DateRange> ranges(const std::string& body) {
  return parse(head + body).date_ranges;
}

std::int64_t milliseconds(const std::optional<WallTime>& time) {
  return time ? time->time_since_epoch().count() : -1;
}

} // namespace

// Rule: every attribute finds its field; a client's own and SCTE-35 stay as they are written.
GST_START_TEST(attributes) {
  auto read =
      ranges("#EXT-X-DATERANGE:ID=\"ad,1\",CLASS=\"ad\",START-DATE=\"1970-01-01T00:00:10Z\","
             "END-DATE=\"1970-01-01T00:00:40.5Z\",DURATION=30.5,PLANNED-DURATION=31,"
             "END-ON-NEXT=YES,X-COM-ID=\"a,b\",X-N=7,SCTE35-OUT=0xFC30,NEW=1\n");
  fail_unless_equals_uint64(read.size(), 1);
  const auto& range = read[0];
  fail_unless_equals_string(range.id.c_str(), "ad,1");
  fail_unless_equals_string(range.class_name.c_str(), "ad");
  fail_unless_equals_int64(milliseconds(range.start), 10'000);
  fail_unless_equals_int64(milliseconds(range.end), 40'500);
  fail_unless(range.duration == 30'500ms);
  fail_unless(range.planned_duration == 31s);
  fail_unless(range.end_on_next);
  fail_unless((range.others == std::map<std::string, std::string>{{"X-COM-ID", "\"a,b\""},
                                                                  {"X-N", "7"},
                                                                  {"SCTE35-OUT", "0xFC30"}}));
}
GST_END_TEST;

// Rule: what cannot be read of them is left out, and never keeps a stream from being played.
GST_START_TEST(malformed_ones_do_no_harm) {
  auto read = ranges("#EXT-X-DATERANGE:\n#EXT-X-DATERANGE:CLASS=\"x\"\n"
                     "#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"soon\",DURATION=-1,END-ON-NEXT=NO,"
                     "PLANNED-DURATION=long,X-A=\"open\n#EXTINF:4,\na.ts\n");
  fail_unless_equals_uint64(read.size(), 1);
  fail_unless((read[0] == DateRange{.id = "a"}));
}
GST_END_TEST;

// Rule: a second tag with the same ID adds what the first did not say.
GST_START_TEST(one_range_in_two_tags) {
  auto read = ranges("#EXT-X-DATERANGE:ID=\"a\",START-DATE=\"1970-01-01T00:00:10Z\",X-A=1\n"
                     "#EXT-X-DATERANGE:ID=\"b\",START-DATE=\"1970-01-01T00:00:20Z\"\n"
                     "#EXT-X-DATERANGE:ID=\"a\",DURATION=4,X-A=2,X-B=3\n");
  fail_unless_equals_uint64(read.size(), 2);
  fail_unless_equals_int64(milliseconds(read[0].start), 10'000);
  fail_unless(read[0].duration == 4s);
  fail_unless((read[0].others == std::map<std::string, std::string>{{"X-A", "1"}, {"X-B", "3"}}));
}
GST_END_TEST;

// Rule: of too many the oldest are kept, by number and by size.
GST_START_TEST(limits_hold) {
  std::string many;
  for (std::size_t i = 0; i <= max_date_ranges; ++i)
    many += "#EXT-X-DATERANGE:ID=\"" + std::to_string(i) + "\"\n";
  auto read = ranges(many + "#EXT-X-DATERANGE:ID=\"0\",X-A=1\n");
  fail_unless_equals_uint64(read.size(), max_date_ranges);
  fail_unless(read.back().id == std::to_string(max_date_ranges - 1));
  fail_unless_equals_uint64(read[0].others.size(), 1);

  const std::string long_text(max_line_length / 2, 'x');
  std::string large;
  for (std::size_t bytes = 0; bytes <= 2 * max_date_range_bytes; bytes += long_text.size())
    large += "#EXT-X-DATERANGE:ID=\"" + std::to_string(bytes % 3) + "\",X-" +
             std::to_string(bytes) + "=" + long_text + "\n";
  std::size_t kept = 0;
  for (const auto& range : ranges(large))
    for (const auto& [name, value] : range.others)
      kept += value.size();
  fail_unless(kept > max_date_range_bytes / 2 && kept <= max_date_range_bytes);
}
GST_END_TEST;

static Suite* date_range_suite() {
  auto* suite = suite_create("date_range");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, attributes);
  tcase_add_test(tcase, malformed_ones_do_no_harm);
  tcase_add_test(tcase, one_range_in_two_tags);
  tcase_add_test(tcase, limits_hold);
  return suite;
}

GST_CHECK_MAIN(date_range)
