// Where p2plivesrc begins: a real stream, of which a literal playlist is made.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "literal_stream.h"
#include "pipeline.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::tests;
using namespace std::chrono_literals;

// Rule: start-offset says where playback begins, in the playlist or before its end, and counts
// before the playlist's own word; that counts before live-delay where it is further from live.
GST_START_TEST(where_it_begins) {
  LiveStream stream; // segments of a second
  stream.wait_for_segments(7);
  LiteralStream literal(stream);
  const auto segments = literal.segments();
  literal.write("");
  auto begins = [&](const std::string& properties) {
    Pipeline pipeline("p2plivesrc name=src late=keep uri=" + literal.url() + " " + properties +
                      " ! fakesink");
    pipeline.set_state(GST_STATE_PLAYING);
    fail_unless(pipeline.wait([&] { return pipeline.sent_count() > 0; }, 20s), "%s: %s",
                properties.c_str(), pipeline.first_error().c_str());
    return pipeline.sent().front().media_sequence;
  };
  const auto oldest = begins("start-offset=0");
  fail_unless_equals_uint64(begins("start-offset=2500000000"), oldest + 2);
  fail_unless_equals_uint64(begins("start-offset=-3500000000"), oldest + segments - 4);
  fail_unless_equals_uint64(begins("start-offset=-3600000000000"), oldest);
  const auto usual = begins("live-delay=1000000000");
  fail_unless(usual > oldest + 2, "%d segments after the oldest", static_cast<int>(usual - oldest));
  literal.write("#EXT-X-START:TIME-OFFSET=1.5,PRECISE=YES\n");
  fail_unless_equals_uint64(begins("live-delay=1000000000"), oldest + 1);
  fail_unless_equals_uint64(begins("live-delay=1000000000 start-offset=-3500000000"),
                            oldest + segments - 4);
}
GST_END_TEST;

static Suite* start_suite() {
  auto* suite = suite_create("start");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, where_it_begins);
  return suite;
}

GST_CHECK_MAIN(start)
