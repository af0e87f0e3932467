// What the playlist says of spans of time, as messages: from literal ranges and buffers.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "date_ranges.h"

#include <gst/check/gstcheck.h>

#include <memory>

using namespace p2plive;
using namespace std::chrono_literals;
using p2plive::gst::DateRanges;
using p2plive::gst::MediaTime;

namespace {

const DateRange::Date noon{1'764'158'400'000ms};

DateRange ad(const std::string& id, std::chrono::milliseconds after_noon = 0ms) {
  DateRange range;
  range.id = id;
  range.start = noon + after_noon;
  return range;
}

/// The first buffer of a segment.
Buffer segment(std::optional<DateRange::Date> date) {
  Buffer buffer;
  buffer.program_date_time = date;
  return buffer;
}

MediaTime::Place place(MediaTime::Time running, MediaTime::Time stream, bool breaks = false) {
  MediaTime::Place place{stream, {}, running, stream};
  if (breaks)
    place.segment = MediaTime::Segment{};
  return place;
}

using Message = std::shared_ptr<GstStructure>;

Message take(DateRanges& ranges) {
  auto* structure = ranges.take();
  return structure ? Message(structure, gst_structure_free) : nullptr;
}

std::string text(const Message& message, const char* field) {
  const auto* value = gst_structure_get_string(message.get(), field);
  return value ? value : "(none)";
}

/// Seconds; -1: there is no such field.
double seconds(const Message& message, const char* field) {
  guint64 time = 0;
  if (!gst_structure_get_uint64(message.get(), field, &time))
    return -1;
  return static_cast<double>(time) / 1e9;
}

std::string date(const Message& message, const char* field) {
  GstDateTime* value = nullptr;
  if (!gst_structure_get(message.get(), field, GST_TYPE_DATE_TIME, &value, nullptr))
    return "(none)";
  auto* iso = gst_date_time_to_iso8601_string(value);
  std::string out = iso;
  g_free(iso);
  gst_date_time_unref(value);
  return out;
}

} // namespace

// Rule: every field has its name and its type, and is not there where there is nothing to say.
GST_START_TEST(fields) {
  DateRanges ranges;
  auto full = ad("1");
  full.class_name = "com.example.ad";
  full.end = noon + 30500ms;
  full.duration = 30500ms;
  full.planned_duration = 30s;
  full.end_on_next = true;
  full.scte35_command = "0xFC01";
  full.scte35_out = "0xFC02";
  full.scte35_in = "0xFC03";
  full.attributes = {{"X-COM-EXAMPLE-ID", "a, \"b\""}, {"X-NUMBER", "7"}};
  ranges.add(full);
  ranges.add(ad("2"));
  ranges.begin(segment({}), place(0s, 0s, true));
  auto message = take(ranges);
  fail_unless(gst_structure_has_name(message.get(), "p2plive-date-range"));
  fail_unless(text(message, "id") == "1" && text(message, "class") == "com.example.ad");
  fail_unless(date(message, "start-date") == "2025-11-26T12:00:00Z", "%s",
              date(message, "start-date").c_str());
  fail_unless(date(message, "end-date") == "2025-11-26T12:00:30.5Z" ||
                  date(message, "end-date") == "2025-11-26T12:00:30Z",
              "%s", date(message, "end-date").c_str());
  fail_unless(seconds(message, "duration") == 30.5 && seconds(message, "planned-duration") == 30);
  gboolean ends = FALSE;
  fail_unless(gst_structure_get_boolean(message.get(), "end-on-next", &ends) && ends);
  fail_unless(text(message, "scte35-cmd") == "0xFC01" && text(message, "scte35-out") == "0xFC02" &&
              text(message, "scte35-in") == "0xFC03");
  fail_unless(text(message, "X-COM-EXAMPLE-ID") == "a, \"b\"" && text(message, "X-NUMBER") == "7");
  message = take(ranges);
  fail_unless(gst_structure_get_boolean(message.get(), "end-on-next", &ends) && !ends);
  fail_unless_equals_int(gst_structure_n_fields(message.get()), 3); // id, start-date, end-on-next
  fail_if(take(ranges));
}
GST_END_TEST;

// Rule: none is told before the first bytes of a segment go out; what changes until then is told
// once.
GST_START_TEST(they_wait_for_the_first_bytes) {
  DateRanges ranges;
  ranges.add(ad("a"));
  auto changed = ad("a");
  changed.class_name = "second";
  ranges.add(changed);
  fail_if(take(ranges));
  Buffer init;
  init.init_section = true;
  ranges.begin(init, place(0s, 0s, true));
  fail_if(take(ranges));
  ranges.begin(segment(noon), place(0s, 0s));
  auto message = take(ranges);
  fail_unless(text(message, "class") == "second");
  fail_if(take(ranges));
  ranges.add(ad("b"));
  fail_unless(text(take(ranges), "id") == "b");
}
GST_END_TEST;

// Rule: the times of a start are reckoned from the last date that went out; there are none before
// the beginning, and none when a break brought no date.
GST_START_TEST(times) {
  DateRanges ranges;
  auto times = [&](std::chrono::milliseconds after_noon) {
    ranges.add(ad("a", after_noon));
    auto message = take(ranges);
    return std::pair(seconds(message, "running-time"), seconds(message, "stream-time"));
  };
  ranges.begin(segment(noon), place(0s, 0s, true));
  fail_unless(times(4500ms) == std::pair(4.5, 4.5));
  fail_unless(times(-1s) == std::pair(-1.0, -1.0));
  // After a pause of 3 s, in which playback jumped by 10 s.
  ranges.begin(segment(noon + 20s), place(13s, 20s, true));
  fail_unless(times(21s) == std::pair(14.0, 21.0));
  fail_unless(times(2s) == std::pair(-1.0, 2.0));
  ranges.begin(segment({}), place(15s, 22s));
  fail_unless(times(24s) == std::pair(17.0, 24.0));
  ranges.begin(segment({}), place(17s, 24s, true));
  fail_unless(times(30s) == std::pair(-1.0, -1.0));
}
GST_END_TEST;

// Rule: names that GStreamer could not write are left out, and so are too many of them, for they
// are never forgotten; text that is no UTF-8 is made so.
GST_START_TEST(hostile_names) {
  DateRanges ranges;
  ranges.begin(segment({}), place(0s, 0s, true));
  auto range = ad("\xff");
  range.attributes = {
      {"X-", ""}, {"X-A B", "1"}, {"X-\xc3\xa4", "1"}, {"X-" + std::string(200, 'A'), "1"}};
  ranges.add(range);
  auto message = take(ranges);
  fail_unless_equals_int(gst_structure_n_fields(message.get()), 3);
  fail_unless(g_utf8_validate(text(message, "id").c_str(), -1, nullptr));
  auto* serialized = gst_structure_to_string(message.get());
  auto* read = gst_structure_from_string(serialized, nullptr);
  fail_unless(read != nullptr, "%s", serialized);
  gst_structure_free(read);
  g_free(serialized);
  std::size_t named = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    auto many = ad("many");
    for (std::size_t j = 0; j < 100; ++j)
      many.attributes.emplace("X-" + std::to_string(i * 100 + j), "1");
    ranges.add(many);
    named += static_cast<std::size_t>(gst_structure_n_fields(take(ranges).get())) - 3;
  }
  fail_unless(named > DateRanges::most_names / 2 && named <= DateRanges::most_names, "%zu", named);
  // Those that are known still have their place.
  auto known = ad("known");
  known.attributes = {{"X-0", "1"}};
  ranges.add(known);
  fail_unless(text(take(ranges), "X-0") == "1");
}
GST_END_TEST;

static Suite* date_ranges_suite() {
  auto* suite = suite_create("date_ranges");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, fields);
  tcase_add_test(tests, they_wait_for_the_first_bytes);
  tcase_add_test(tests, times);
  tcase_add_test(tests, hostile_names);
  return suite;
}

GST_CHECK_MAIN(date_ranges)
