// SPDX-License-Identifier: LGPL-2.1-or-later
#include "buffers.h"

#include <gst/check/gstcheck.h>

#include <array>
#include <cstring>

using namespace p2plive;
using namespace std::chrono_literals;
using p2plive::gst::to_gst_buffer;

namespace {

using Bytes = std::array<std::uint8_t, 376>;

Buffer buffer_over(std::shared_ptr<const Bytes> bytes) {
  Buffer buffer;
  buffer.data = bytes->data();
  buffer.size = bytes->size();
  buffer.memory = std::move(bytes);
  buffer.media_sequence = 42;
  buffer.duration = 20ms;
  return buffer;
}

} // namespace

// Rule: downstream reads the viewer's own bytes, cannot write them, and lets go of them with the
// last reference.
GST_START_TEST(bytes_are_not_copied) {
  auto bytes = std::make_shared<const Bytes>();
  auto* buffer = to_gst_buffer(buffer_over(bytes), {});
  fail_unless_equals_int(static_cast<int>(bytes.use_count()), 2);
  GstMapInfo map;
  fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
  fail_unless(map.data == bytes->data());
  gst_buffer_unmap(buffer, &map);
  fail_unless(GST_MEMORY_IS_READONLY(gst_buffer_peek_memory(buffer, 0)));
  auto* copy = gst_buffer_copy(buffer);
  gst_buffer_unref(buffer);
  fail_unless_equals_int(static_cast<int>(bytes.use_count()), 2);
  gst_buffer_unref(copy);
  fail_unless_equals_int(static_cast<int>(bytes.use_count()), 1);
}
GST_END_TEST;

// Rule: the first buffer of a segment is marked, timed, and dated.
GST_START_TEST(segments_are_marked) {
  auto first = buffer_over(std::make_shared<const Bytes>());
  first.program_date_time =
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(1700000000123));
  auto* buffer = to_gst_buffer(std::move(first), {7s, {}});
  fail_unless(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER));
  fail_if(GST_BUFFER_IS_DISCONT(buffer));
  fail_unless_equals_clocktime(GST_BUFFER_PTS(buffer), 7 * GST_SECOND);
  fail_if(GST_BUFFER_DTS_IS_VALID(buffer));
  fail_unless_equals_clocktime(GST_BUFFER_DURATION(buffer), 20 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(buffer), 42);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(buffer), 0);
  auto* caps = gst_caps_from_string("timestamp/x-unix");
  auto* date = gst_buffer_get_reference_timestamp_meta(buffer, caps);
  fail_unless(date != nullptr);
  fail_unless_equals_uint64(date->timestamp, G_GUINT64_CONSTANT(1700000000123000000));
  gst_caps_unref(caps);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// Rule: the rest of a segment has its place and its share of the duration, but no timestamp.
GST_START_TEST(the_rest_follows) {
  auto rest = buffer_over(std::make_shared<const Bytes>());
  rest.offset = 65424;
  auto* buffer = to_gst_buffer(std::move(rest), {7s, {}});
  fail_if(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER));
  fail_if(GST_BUFFER_PTS_IS_VALID(buffer));
  fail_unless_equals_clocktime(GST_BUFFER_DURATION(buffer), 20 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(buffer), 65424);
  fail_unless(gst_buffer_get_reference_timestamp_meta(buffer, nullptr) == nullptr);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// Rule: a break in the stream is flagged, and where a new segment begins.
GST_START_TEST(discontinuities_are_flagged) {
  auto broken = buffer_over(std::make_shared<const Bytes>());
  broken.discontinuity = true;
  auto* buffer = to_gst_buffer(std::move(broken), {});
  fail_unless(GST_BUFFER_IS_DISCONT(buffer));
  gst_buffer_unref(buffer);
  auto* anew = to_gst_buffer(buffer_over(std::make_shared<const Bytes>()),
                             {7s, gst::MediaTime::Segment{7s, 7s, 7s}});
  fail_unless(GST_BUFFER_IS_DISCONT(anew));
  gst_buffer_unref(anew);
}
GST_END_TEST;

// Rule: an init section is a header, and has no place in a segment.
GST_START_TEST(init_sections_are_headers) {
  auto init = buffer_over(std::make_shared<const Bytes>());
  init.init_section = true;
  auto* buffer = to_gst_buffer(std::move(init), {});
  fail_unless(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER));
  fail_if(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER));
  fail_if(GST_BUFFER_OFFSET_IS_VALID(buffer));
  gst_buffer_unref(buffer);
}
GST_END_TEST;

// Rule: where one is to stand apart from the one before, a whole box comes first that says nothing.
GST_START_TEST(init_sections_are_padded) {
  auto init = buffer_over(std::make_shared<const Bytes>(Bytes{1}));
  init.init_section = true;
  gst::MediaTime::Place place;
  place.padded = true;
  auto* buffer = to_gst_buffer(std::move(init), place);
  GstMapInfo map;
  fail_unless(gst_buffer_map(buffer, &map, GST_MAP_READ));
  const auto size = GST_READ_UINT32_BE(map.data);
  fail_unless_equals_int(static_cast<int>(map.size), static_cast<int>(size + Bytes().size()));
  fail_unless(std::memcmp(map.data + 4, "free", 4) == 0);
  fail_unless_equals_int(map.data[size], 1);
  gst_buffer_unmap(buffer, &map);
  gst_buffer_unref(buffer);
}
GST_END_TEST;

static Suite* buffers_suite() {
  auto* suite = suite_create("buffers");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, bytes_are_not_copied);
  tcase_add_test(tests, segments_are_marked);
  tcase_add_test(tests, the_rest_follows);
  tcase_add_test(tests, discontinuities_are_flagged);
  tcase_add_test(tests, init_sections_are_headers);
  tcase_add_test(tests, init_sections_are_padded);
  return suite;
}
GST_CHECK_MAIN(buffers)
