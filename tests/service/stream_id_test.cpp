// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/stream_id.h"

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive::service;

namespace {

Glob glob(const char* pattern, char separator) {
  auto result = Glob::compile(pattern, separator);
  fail_unless(result.has_value(), "%s does not compile", pattern);
  return *result;
}

void expect(const StreamIdRules& rules, const std::string& uri, const std::string& id) {
  auto result = rules.stream_id(uri);
  fail_unless(result.has_value(), "%s: %s", uri.c_str(), result ? "" : result.error().c_str());
  fail_unless(*result == id, "%s gives %s, not %s", uri.c_str(), result->c_str(), id.c_str());
}

void expect_refused(const std::string& uri) {
  fail_if(StreamIdRules().stream_id(uri).has_value(), "%s was taken", uri.c_str());
}

} // namespace

// Rule: without rules the StreamId is host and path, without scheme, user, port, query and
// fragment.
GST_START_TEST(host_and_path_by_default) {
  StreamIdRules none;
  expect(none, "http://example.com/live/a.m3u8", "example.com/live/a.m3u8");
  expect(none, "https://example.com/live/a.m3u8", "example.com/live/a.m3u8");
  expect(none, "HTTPS://example.com:8443/live/a.m3u8", "example.com/live/a.m3u8");
  expect(none, "http://anna:secret@example.com/live/a.m3u8", "example.com/live/a.m3u8");
  expect(none, "http://a@b@example.com/x", "example.com/x");
  expect(none, "http://example.com/a.m3u8?token=1&u=http://x/y#t=3", "example.com/a.m3u8");
  expect(none, "http://example.com/a.m3u8#frag?ment/", "example.com/a.m3u8");
  expect(none, "http://127.0.0.1:43211/live/index.m3u8", "127.0.0.1/live/index.m3u8");
  expect(none, "http://[2001:DB8::1]:80/a", "[2001:db8::1]/a");
  expect(none, "http://example.com", "example.com/");
  expect(none, "http://example.com?x=1", "example.com/");
}
GST_END_TEST;

// Rule: what differs in content differs in StreamId.
GST_START_TEST(different_content_stays_different) {
  StreamIdRules none;
  expect(none, "http://example.com/720p/a.m3u8", "example.com/720p/a.m3u8");
  expect(none, "http://example.com/360p/a.m3u8", "example.com/360p/a.m3u8");
  expect(none, "http://example.com/LIVE/a.m3u8", "example.com/LIVE/a.m3u8");
  expect(none, "http://example.com/live/", "example.com/live/");
  expect(none, "http://example.com/live", "example.com/live");
  expect(none, "http://example.com//live", "example.com//live");
}
GST_END_TEST;

// Rule: host and path are normalised as RFC 3986, section 6.2.2, says.
GST_START_TEST(normal_form) {
  StreamIdRules none;
  expect(none, "http://EXAMPLE.Com/a", "example.com/a");
  expect(none, "http://ex%41mple.com/a", "example.com/a");
  expect(none, "http://b%c3%bccher.example/a", "b%C3%BCcher.example/a");
  expect(none, "http://h/%7efoo/%41.m3u8", "h/~foo/A.m3u8");
  expect(none, "http://h/a%2fb", "h/a%2Fb"); // an encoded slash is no slash
  expect(none, "http://h/a%2Fb", "h/a%2Fb");
  expect(none, "http://h/a%3fb", "h/a%3Fb");
  expect(none, "http://h/a b\xc3\xbc\x01", "h/a%20b%C3%BC%01");
  expect(none, "http://h/a%20b", "h/a%20b");
  expect(none, "http://h/100%/x%zz%4", "h/100%25/x%25zz%254");
}
GST_END_TEST;

// Rule: dot segments are removed as RFC 3986, section 5.2.4, does; also when they are encoded.
GST_START_TEST(dot_segments) {
  StreamIdRules none;
  expect(none, "http://h/a/b/c/./../../g", "h/a/g");
  expect(none, "http://h/mid/content=5/../6", "h/mid/6");
  expect(none, "http://h/../../../g", "h/g");
  expect(none, "http://h/a/..", "h/");
  expect(none, "http://h/a/b/..", "h/a/");
  expect(none, "http://h/a/.", "h/a/");
  expect(none, "http://h/a/%2e%2E/b", "h/b");
  expect(none, "http://h/a//../b", "h/a/b");
  expect(none, "http://h/a/...", "h/a/...");
  expect(none, "http://h/.hidden/..x", "h/.hidden/..x");
}
GST_END_TEST;

// Rule: what is no http or https URI with a host has no StreamId.
GST_START_TEST(not_a_stream) {
  for (const char* uri : {"", "http", "http:", "http://", "https://?x", "http:///a", "http://:80/a",
                          "http://u@/a", "ftp://h/a", "file:///etc/passwd", "//h/a", "h/a",
                          "http://h:port/a", "http://[::1/a", "http://[::1]x/a", " http://h/a"})
    expect_refused(uri);
  expect_refused("http://h/" + std::string(max_uri_size, 'a'));
  expect(StreamIdRules(), "http://h/" + std::string(max_uri_size - 9, 'a'),
         "h/" + std::string(max_uri_size - 9, 'a'));
}
GST_END_TEST;

// Rule: hosts of one group give one StreamId; a group never equals a host of the same name.
GST_START_TEST(host_groups) {
  StreamIdRule rule;
  rule.name = "example.com";
  rule.hosts = {glob("edge*.example.com", '.'), glob("live.example.net", '.')};
  StreamIdRules rules({rule});
  expect(rules, "http://edge1.example.com/a?b", "group:example.com/a");
  expect(rules, "http://EDGE22.example.com:81/a", "group:example.com/a");
  expect(rules, "https://live.example.net/a", "group:example.com/a");
  expect(rules, "http://example.com/a", "example.com/a");
  expect(rules, "http://edge1.evil.example.com/a", "edge1.evil.example.com/a");
  expect(rules, "http://edge1.example.com.evil.net/a", "edge1.example.com.evil.net/a");
}
GST_END_TEST;

// Rule: of a path only what is captured stays; several patterns make aliases.
GST_START_TEST(path_patterns) {
  StreamIdRule rule;
  rule.name = "cdn";
  rule.hosts = {glob("h", '.')};
  rule.paths = {glob("/token-*(/live/**)", '/'), glob("/alias(**)", '/'), glob("/(*)/x/(*)", '/'),
                glob("/whole/*", '/')};
  StreamIdRules rules({rule});
  expect(rules, "http://h/token-83ab/live/a/b.m3u8", "group:cdn/live/a/b.m3u8");
  expect(rules, "http://h/token-/live/a/b.m3u8", "group:cdn/live/a/b.m3u8");
  expect(rules, "http://h/alias/live/a/b.m3u8", "group:cdn/live/a/b.m3u8");
  expect(rules, "http://h/one/x/two", "group:cdn/one/two");
  expect(rules, "http://h/whole/a", "group:cdn/whole/a");
  expect(rules, "http://h/token-1/2/live/a", "h/token-1/2/live/a"); // * takes no slash
  expect(rules, "http://h/whole/a/b", "h/whole/a/b");
}
GST_END_TEST;

// Rule: parameters that are kept are sorted by name, the others are left out.
GST_START_TEST(kept_parameters) {
  StreamIdRule rule;
  rule.name = "all";
  rule.keep_parameters = {"q", "channel"};
  StreamIdRules rules({rule});
  expect(rules, "http://h/p?channel=7&token=x&q=hd", "h/p?channel=7&q=hd");
  expect(rules, "http://h:1/p?q=hd&channel=7&", "h/p?channel=7&q=hd");
  expect(rules, "http://h/p?token=1", "h/p");
  expect(rules, "http://h/p?q=%68d", "h/p?q=hd");
  expect(rules, "http://h/p?q=b&q=a", "h/p?q=b&q=a"); // the order may be their meaning
  expect(rules, "http://h/p?q", "h/p?q=");
  expect(rules, "http://h/p?channel=a%26q=b", "h/p?channel=a%26q=b");
  expect(rules, "http://h/p?Channel=7", "h/p");
}
GST_END_TEST;

// Rule: the first rule that fits decides.
GST_START_TEST(first_rule_wins) {
  StreamIdRule paths, rest;
  paths.name = "paths";
  paths.paths = {glob("/live/**", '/')};
  paths.keep_parameters = {"a"};
  rest.name = "rest";
  rest.hosts = {glob("**", '.')};
  StreamIdRules rules({paths, rest});
  expect(rules, "http://h.example/live/x?a=1", "h.example/live/x?a=1");
  expect(rules, "http://h.example/other?a=1", "group:rest/other");
}
GST_END_TEST;

static Suite* stream_id_suite() {
  auto* suite = suite_create("stream_id");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, host_and_path_by_default);
  tcase_add_test(tcase, different_content_stays_different);
  tcase_add_test(tcase, normal_form);
  tcase_add_test(tcase, dot_segments);
  tcase_add_test(tcase, not_a_stream);
  tcase_add_test(tcase, host_groups);
  tcase_add_test(tcase, path_patterns);
  tcase_add_test(tcase, kept_parameters);
  tcase_add_test(tcase, first_rule_wins);
  return suite;
}

GST_CHECK_MAIN(stream_id)
