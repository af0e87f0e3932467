// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/content_range.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive::net;

// Rule: the three forms of RFC 9110, section 14.4, are understood.
GST_START_TEST(the_forms_of_the_rfc) {
  auto known = parse_content_range("bytes 42-1233/1234");
  fail_unless(known && known->range);
  fail_unless_equals_uint64(known->range->first, 42);
  fail_unless_equals_uint64(known->range->last, 1233);
  fail_unless_equals_uint64(known->size.value(), 1234);
  auto unknown = parse_content_range("Bytes 0-0/*");
  fail_unless(unknown && unknown->range && !unknown->size);
  auto unsatisfied = parse_content_range(" bytes */1234 ");
  fail_unless(unsatisfied && !unsatisfied->range);
  fail_unless_equals_uint64(unsatisfied->size.value(), 1234);
}
GST_END_TEST;

// Rule: whatever contradicts itself, overflows or is something else is refused.
GST_START_TEST(hostile_values_are_refused) {
  for (auto* text : {"",
                     "bytes",
                     "bytes ",
                     "bytes */*",
                     "bytes 5-4/10",
                     "bytes 0-10/10",
                     "bytes 0-/10",
                     "bytes -5/10",
                     "bytes 0-5",
                     "bytes 0-5/",
                     "bytes 0-5/10x",
                     "bytes 0-5/10, 6-7/10",
                     "bytes +1-5/10",
                     "bytes 0x1-5/10",
                     "bytes 1 -5/10",
                     "items 0-5/10",
                     "bytes=0-5/10",
                     "bytes 0-18446744073709551615/*",
                     "bytes 0-99999999999999999999999/*",
                     "bytes 0-1/18446744073709551617",
                     "bytes */9999999999999999999",
                     "multipart/byteranges; boundary=x"})
    fail_if(parse_content_range(text), "accepted: %s", text);
}
GST_END_TEST;

static Suite* content_range_suite() {
  auto* suite = suite_create("content_range");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, the_forms_of_the_rfc);
  tcase_add_test(tcase, hostile_values_are_refused);
  return suite;
}

GST_CHECK_MAIN(content_range)
