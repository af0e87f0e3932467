// p2plivesrc and a playlist with date ranges: a real stream, of which a literal playlist is made.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "literal_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

std::string ids(const Pipeline& pipeline) {
  std::string text;
  for (const auto& range : pipeline.date_ranges())
    text += std::string(gst_structure_get_string(range.get(), "id")) + " ";
  return text;
}

guint64 time_of(const GstStructure* range, const char* field) {
  guint64 time = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64(range, field, &time);
  return time;
}

/// Nanoseconds since 1970 of a field that is a date.
guint64 unix_time_of(const GstStructure* range, const char* field) {
  GstDateTime* date = nullptr;
  fail_unless(gst_structure_get(range, field, GST_TYPE_DATE_TIME, &date, nullptr), "%s", field);
  auto* exact = gst_date_time_to_g_date_time(date);
  const auto microseconds =
      g_date_time_to_unix(exact) * G_USEC_PER_SEC + g_date_time_get_microsecond(exact);
  g_date_time_unref(exact);
  gst_date_time_unref(date);
  return static_cast<guint64>(microseconds) * 1000;
}

} // namespace

// Rule: ranges of the playlist come as messages, each once and again when more is said of it; their
// times are where they are in what is played; what cannot be read disturbs nothing.
GST_START_TEST(ranges_are_posted) {
  LiveStream stream;
  stream.wait_for_segments(6);
  LiteralStream literal(stream);
  const auto start = ",START-DATE=\"" + literal.first_date() + "\"";
  const std::string broken = "#EXT-X-DATERANGE:CLASS=\"nameless\"\n#EXT-X-DATERANGE:ID=\"never\"\n"
                             "#EXT-X-DATERANGE:ID=\"soon\",START-DATE=\"soon\"\n#EXT-X-DATERANGE\n";
  const auto ad = "#EXT-X-DATERANGE:ID=\"ad\",CLASS=\"ads\"" + start +
                  ",PLANNED-DURATION=2.5,SCTE35-OUT=0xFC30,X-COM-EXAMPLE=\"a=1, b\"\n";
  literal.write(broken + ad);
  Pipeline pipeline("p2plivesrc name=src start-offset=0 pace=none uri=" + literal.url() +
                    " ! fakesink sync=false");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return !pipeline.date_ranges().empty(); }, 20s), "%s",
              pipeline.first_error().c_str());
  const auto* range = pipeline.date_ranges()[0].get();
  fail_unless(ids(pipeline) == "ad ", "%s", ids(pipeline).c_str());
  fail_unless_equals_string(gst_structure_get_string(range, "class"), "ads");
  fail_unless_equals_string(gst_structure_get_string(range, "scte35-out"), "0xFC30");
  fail_unless_equals_string(gst_structure_get_string(range, "X-COM-EXAMPLE"), "a=1, b");
  fail_unless_equals_uint64(time_of(range, "planned-duration"), 2500 * GST_MSECOND);
  fail_if(gst_structure_has_field(range, "duration"));
  // It begins with the first segment, which is played first.
  fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 0; }, 10s));
  const auto played = pipeline.sent().front();
  fail_unless(played.unix_time.has_value());
  const auto ahead = unix_time_of(range, "start-date") - *played.unix_time;
  fail_unless_equals_uint64(time_of(range, "running-time"), played.running_time + ahead);
  fail_unless_equals_uint64(
      time_of(range, "stream-time"),
      gst_segment_to_stream_time(&played.segment, GST_FORMAT_TIME, played.pts) + ahead);

  // All bytes are out by now: later ranges do not wait for any. It turns out to be shorter, and
  // another one is announced; the first is not told of again.
  const auto ended = "#EXT-X-DATERANGE:ID=\"ad\"" + start + ",DURATION=2,SCTE35-IN=0xFC31\n";
  const auto next = "#EXT-X-DATERANGE:ID=\"next\"" + start + "\n";
  literal.write(ended + next);
  fail_unless(pipeline.wait([&] { return pipeline.date_ranges().size() >= 3; }, 20s));
  fail_unless(ids(pipeline) == "ad ad next ", "%s", ids(pipeline).c_str());
  range = pipeline.date_ranges()[1].get();
  fail_unless_equals_uint64(time_of(range, "duration"), 2 * GST_SECOND);
  fail_unless_equals_uint64(time_of(range, "planned-duration"), 2500 * GST_MSECOND);
  fail_unless_equals_string(gst_structure_get_string(range, "scte35-out"), "0xFC30");
  fail_unless_equals_string(gst_structure_get_string(range, "scte35-in"), "0xFC31");
  // A third one proves that the same ones before it were read, and not told.
  literal.write(ended + next + "#EXT-X-DATERANGE:ID=\"last\"" + start + "\n");
  fail_unless(pipeline.wait([&] { return pipeline.date_ranges().size() >= 4; }, 20s));
  fail_unless(ids(pipeline) == "ad ad next last ", "%s", ids(pipeline).c_str());
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());

  // A new session tells all of them.
  pipeline.set_state(GST_STATE_READY);
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return pipeline.date_ranges().size() >= 7; }, 20s));
  fail_unless(ids(pipeline) == "ad ad next last ad next last ", "%s", ids(pipeline).c_str());
}
GST_END_TEST;

static Suite* ranges_suite() {
  auto* suite = suite_create("ranges");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, ranges_are_posted);
  return suite;
}

GST_CHECK_MAIN(ranges)
