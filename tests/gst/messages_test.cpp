// What the element tells on the bus, from literal values.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "messages.h"

#include "posted.h"

#include <gst/check/gstcheck.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>

using namespace p2plive;
using p2plive::tests::Message;
using p2plive::tests::posted;

namespace {

Message told_of(const Quality& quality) {
  return posted([&](GstElement* element) { gst::post_quality(element, quality); });
}

} // namespace

// Rule: a quality is told with what is known of it.
GST_START_TEST(what_is_known_of_a_quality) {
  auto message = told_of({3'000'000, 1280, 720, "avc1.4d401f,mp4a.40.2"});
  const auto* fields = gst_message_get_structure(message.get());
  fail_unless(gst_structure_has_name(fields, "p2plive-quality"));
  guint64 bandwidth = 0;
  guint width = 0, height = 0;
  fail_unless(gst_structure_get(fields, "bandwidth", G_TYPE_UINT64, &bandwidth, "width",
                                G_TYPE_UINT, &width, "height", G_TYPE_UINT, &height, nullptr));
  fail_unless(bandwidth == 3'000'000 && width == 1280 && height == 720);
  fail_unless_equals_string(gst_structure_get_string(fields, "codecs"), "avc1.4d401f,mp4a.40.2");

  message = told_of({.bandwidth = 1, .width = 1280});
  fail_unless_equals_int(gst_structure_n_fields(gst_message_get_structure(message.get())), 1);
}
GST_END_TEST;

// Rule: codecs are what somebody has written into a playlist. GStreamer takes no string that is not
// UTF-8, and the message would come without it.
GST_START_TEST(codecs_that_are_not_utf8) {
  const auto message = told_of({.bandwidth = 1, .codecs = "avc1.\xff\xfe,mp4a\xc3"});
  const auto* codecs = gst_structure_get_string(gst_message_get_structure(message.get()), "codecs");
  fail_unless(codecs && g_utf8_validate(codecs, -1, nullptr));
  fail_unless(g_str_has_prefix(codecs, "avc1.") && strstr(codecs, ",mp4a"));
}
GST_END_TEST;

static Suite* messages_suite() {
  auto* suite = suite_create("messages");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, what_is_known_of_a_quality);
  tcase_add_test(tcase, codecs_that_are_not_utf8);
  return suite;
}

GST_CHECK_MAIN(messages)
