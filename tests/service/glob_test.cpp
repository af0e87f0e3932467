// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service/glob.h"

#include <ctime>

// Last: it defines fail() as a macro.
#include <gst/check/gstcheck.h>

using namespace p2plive::service;

namespace {

// The captures joined by "|", or "no".
std::string match(const std::string& pattern, const std::string& text) {
  auto glob = Glob::compile(pattern, '/');
  fail_unless(glob.has_value(), "%s does not compile", pattern.c_str());
  auto captures = glob->match(text);
  if (!captures)
    return "no";
  std::string joined;
  for (auto capture : *captures)
    joined.append("|").append(capture);
  return joined;
}

void expect(const char* pattern, const char* text, const char* captures) {
  auto result = match(pattern, text);
  fail_unless(result == captures, "%s on %s gives %s, not %s", pattern, text, result.c_str(),
              captures);
}

} // namespace

// Rule: the whole text matches or nothing does; stars and question marks mean what they say.
GST_START_TEST(wildcards) {
  expect("/a", "/a", "");
  expect("/a", "/ab", "no");
  expect("/a", "b/a", "no");
  expect("/?", "/x", "");
  expect("/?", "//", "no");
  expect("/?", "/", "no");
  expect("/*/c", "/abc/c", "");
  expect("/*/c", "//c", "");
  expect("/*/c", "/a/b/c", "no");
  expect("/**/c", "/a/b/c", "");
  expect("/a**", "/a", "");
  expect("***", "/a/b", "");
  expect("\\*\\(", "*(", "");
  expect("\\*", "a", "no");
}
GST_END_TEST;

// Rule: what stands in brackets is captured; a star takes as much as it can.
GST_START_TEST(captures) {
  expect("/(*)/(*)", "/a/b", "|a|b");
  expect("/(**)/(**)", "/a/b/c", "|a/b|c");
  expect("/t*(/live/**)", "/t1/live/x", "|/live/x");
  expect("()x", "x", "|");
  expect("(*)-(*)", "a-b-c", "|a-b|c");
}
GST_END_TEST;

// Rule: a pattern that cannot be meant is refused.
GST_START_TEST(bad_patterns) {
  for (const char* pattern : {"", "(", ")", "(a", "a)", "((a))", "a\\"})
    fail_if(Glob::compile(pattern, '/').has_value(), "%s compiles", pattern);
  fail_if(Glob::compile(std::string(257, 'a'), '/').has_value());
}
GST_END_TEST;

// Rule: no text and no pattern costs more than their lengths multiplied. With backtracking this one
// would take longer than the world is old.
GST_START_TEST(hostile_text) {
  std::string pattern, text(8192, 'a');
  for (int i = 0; i < 60; ++i)
    pattern += "**a";
  auto begin = std::clock();
  fail_unless(match(pattern + "b", text) == "no");
  fail_unless(std::clock() - begin < 5 * CLOCKS_PER_SEC);
}
GST_END_TEST;

static Suite* glob_suite() {
  auto* suite = suite_create("glob");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60); // under sanitizers, on a busy machine
  tcase_add_test(tcase, wildcards);
  tcase_add_test(tcase, captures);
  tcase_add_test(tcase, bad_patterns);
  tcase_add_test(tcase, hostile_text);
  return suite;
}

GST_CHECK_MAIN(glob)
