// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stream_uri.h"

#include <gst/check/gstcheck.h>

using namespace p2plive::gst;

namespace {

void means(const char* text, const char* playlist, const char* index) {
  const auto uri = parse_stream_uri(text);
  fail_unless(uri.has_value(), "%s", text);
  fail_unless_equals_string(uri->playlist.c_str(), playlist);
  fail_unless_equals_string(uri->index.c_str(), index);
}

} // namespace

// Rule: our schemes stand for http and https; what follows them is left alone.
GST_START_TEST(schemes) {
  means("p2plive+https://a.example/x.m3u8?token=1%2F2", "https://a.example/x.m3u8?token=1%2F2", "");
  means("p2plive+http://[::1]:80/x.m3u8", "http://[::1]:80/x.m3u8", "");
  means("p2plive://a.example/x.m3u8", "https://a.example/x.m3u8", "");
  means("P2PLIVE+HTTP://a.example/x.m3u8", "http://a.example/x.m3u8", "");
  means("https://a.example/x.m3u8", "https://a.example/x.m3u8", "");
  means("ftp://a.example/x.m3u8", "ftp://a.example/x.m3u8", "");
}
GST_END_TEST;

// Rule: the fragment names the Index and never becomes part of the playlist's address.
GST_START_TEST(fragments) {
  means("p2plive+http://a/x.m3u8#index=http%3A%2F%2Fb%3A80%2F%3Fq", "http://a/x.m3u8",
        "http://b:80/?q");
  means("http://a/x.m3u8#other=1&index=http://b/", "http://a/x.m3u8", "http://b/");
  means("http://a/x.m3u8#there", "http://a/x.m3u8", "");
  means("http://a/x.m3u8#", "http://a/x.m3u8", "");
}
GST_END_TEST;

// Rule: what is no address is refused.
GST_START_TEST(rubbish) {
  fail_if(parse_stream_uri("").has_value());
  fail_if(parse_stream_uri("live.m3u8").has_value());
  fail_if(parse_stream_uri("http://[::1/x").has_value());
}
GST_END_TEST;

// Rule: a URI handler answers with a scheme it handles.
GST_START_TEST(handler_uris) {
  fail_unless(to_handler_uri("https://a/x") == "p2plive+https://a/x");
  fail_unless(to_handler_uri("p2plive://a/x") == "p2plive://a/x");
}
GST_END_TEST;

static Suite* stream_uri_suite() {
  auto* suite = suite_create("stream_uri");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, schemes);
  tcase_add_test(tests, fragments);
  tcase_add_test(tests, rubbish);
  tcase_add_test(tests, handler_uris);
  return suite;
}
GST_CHECK_MAIN(stream_uri)
