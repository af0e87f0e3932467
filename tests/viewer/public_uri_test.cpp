// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/public_uri.h"

#include <gst/check/gstcheck.h>

// Rule: what stands before the host is left out, and nothing else; also of what is no URI.
GST_START_TEST(user_and_password) {
  const char* cases[][2] = {
      {"https://cdn.example/live.m3u8", "https://cdn.example/live.m3u8"},
      {"https://user@cdn.example/live.m3u8", "https://cdn.example/live.m3u8"},
      {"https://user:secret@cdn.example:8080?a=b", "https://cdn.example:8080?a=b"},
      {"p2plive+https://user:secret@[::1]/x", "p2plive+https://[::1]/x"},
      {"http://a:b c@d@cdn.example#e", "http://cdn.example#e"},
      {"http://cdn.example/at@home", "http://cdn.example/at@home"},
      {"http://cdn.example?mail=a@b", "http://cdn.example?mail=a@b"},
      {"user:secret", "user:secret"},
      {"http://", "http://"},
      {"http://@", "http://"},
      {"a@b://c", "a@b://c"},
      {"", ""},
  };
  for (auto [uri, expected] : cases) {
    auto shown = p2plive::viewer::public_uri(uri);
    fail_unless(shown == expected, "%s is shown as %s", uri, shown.c_str());
  }
}
GST_END_TEST;

static Suite* public_uri_suite() {
  auto* suite = suite_create("public_uri");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, user_and_password);
  return suite;
}

GST_CHECK_MAIN(public_uri)
