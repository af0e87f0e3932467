// EXT-X-DEFINE and references to variables (draft-pantos-hls-rfc8216bis, 4.3 and 4.4.2.3).
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parse.h"

#include "media/playlist_limits.h"

using namespace p2plive::media;
using Kind = PlaylistError::Kind;

namespace {

const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
const std::string segment = "#EXTINF:4,\n";

std::string define(const std::string& name, const std::string& value) {
  return "#EXT-X-DEFINE:NAME=\"" + name + "\",VALUE=\"" + value + "\"\n";
}

std::string first_uri(const std::string& body, const PlaylistContext& context = {},
                      const std::string& base_uri = stream_uri) {
  return parse(head + body, context, base_uri).segments.at(0).uri;
}

void fails(const std::string& body, Kind kind, std::size_t line, const std::string& part,
           const PlaylistContext& context = {}, const std::string& base_uri = stream_uri) {
  expect_error(parse_error(head + body, context, base_uri), kind, line, part);
}

} // namespace

// Rule: URI lines, strings and hexadecimal numbers have their references replaced, once.
GST_START_TEST(references_are_replaced) {
  auto playlist =
      parse(head + define("host", "http://h.example") + define("a_-9", "x") + define("none", "") +
            define("iv", "0xAB") + define("to", "{$a_-9}") + define("nine", "9") +
            "#EXT-X-KEY:METHOD=AES-128,URI=\"{$host}/{$a_-9}{$none}/k,1\",IV={$iv}0{$nine}\n"
            "#EXT-X-MAP:URI=\"{$to}.mp4\",BYTERANGE=\"{$nine}@1\"\n" +
            segment + "{$host}/{$a_-9}/{$a_-9}.ts?{$none}\n");
  const auto& only = playlist.segments.at(0);
  fail_unless_equals_string(only.uri.c_str(), "http://h.example/x/x.ts?");
  fail_unless_equals_string(only.key.uri.c_str(), "http://h.example/x/k,1");
  fail_unless_equals_int((*only.key.iv)[14], 0xab);
  fail_unless_equals_int((*only.key.iv)[15], 0x09);
  fail_unless_equals_string(only.map->uri.c_str(), "http://cdn.example/live/x.mp4");
  fail_unless((only.map->byte_range == ByteRange{1, 9}));
}
GST_END_TEST;

// Rule: a value that holds a reference again is not read a second time.
GST_START_TEST(values_are_not_read_again) {
  Definitions imported{{"loop", "{$loop}{$none}"}};
  PlaylistContext context{.imported = &imported};
  fail_unless(first_uri("#EXT-X-DEFINE:IMPORT=\"loop\"\n" + segment + "/{$loop}\n", context) ==
              "http://cdn.example/{$loop}{$none}");
}
GST_END_TEST;

// Rule: what is no reference stays as it is, and so do numbers, names, titles and unknown tags.
GST_START_TEST(nothing_else_is_replaced) {
  fail_unless(first_uri(define("a", "x") + segment + "/{a}$a{$}{$a b}{$a\n") ==
              "http://cdn.example/{a}$a{$}{$a%20b}{$a");
  auto playlist = parse(head + define("a", "NONE") +
                        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-NEW:A=\"{$unknown}\"\n"
                        "# {$unknown}\n#EXTINF:4,{$unknown}\na.ts\n");
  fail_unless_equals_uint64(playlist.segments.size(), 1);
  fail_unless(parse(head + define("a", "NONE") + "#EXT-X-KEY:METHOD={$a}\n" + segment + "a\n")
                  .segments.at(0)
                  .key.method != Key::Method::none);
  expect_error(
      parse_error("#EXTM3U\n" + define("b", "1000") + "#EXT-X-STREAM-INF:BANDWIDTH={$b}\nv\n"),
      Kind::bad_number, 3, "BANDWIDTH");
}
GST_END_TEST;

// Rule: a master playlist has its variables replaced, and hands them on.
GST_START_TEST(a_master_hands_them_on) {
  auto master = parse<MasterPlaylist>(
      "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n" + define("codec", "avc1.4d401f") +
          define("group", "far") +
          "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{$group}\",NAME=\"en\",URI=\"en.m3u8\"\n"
          "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"{$codec}\",AUDIO=\"far\"\nv.m3u8?t={$token}\n",
      {}, "http://cdn.example/m.m3u8?token=abc");
  fail_unless_equals_string(master.variants.at(0).uri.c_str(), "http://cdn.example/v.m3u8?t=abc");
  fail_unless_equals_string(master.variants.at(0).codecs.c_str(), "avc1.4d401f");
  fail_unless(master.variants.at(0).separate_audio);
  fail_unless((master.definitions ==
               Definitions{{"token", "abc"}, {"codec", "avc1.4d401f"}, {"group", "far"}}));
  PlaylistContext context{.imported = &master.definitions};
  fail_unless(first_uri("#EXT-X-DEFINE:IMPORT=\"token\"\n" + segment + "a.ts?t={$token}\n",
                        context) == "http://cdn.example/live/a.ts?t=abc");
  // What is not imported is not there.
  fails(segment + "a.ts?t={$token}\n", Kind::undefined_variable, 4, "token", context);
}
GST_END_TEST;

// Rule: only what its master playlist defines can be imported, and by a media playlist only.
GST_START_TEST(imports_that_fail) {
  Definitions none;
  const std::string import = "#EXT-X-DEFINE:IMPORT=\"token\"\n";
  fails(import, Kind::bad_definition, 3, "none led here");
  fails(import, Kind::bad_definition, 3, "does not define", {.imported = &none});
  expect_error(parse_error("#EXTM3U\n" + import + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n"),
               Kind::bad_definition, 2, "none led here");
}
GST_END_TEST;

// Rule: a query parameter is that of the playlist's own URI, percent-decoded, the first of several.
GST_START_TEST(query_parameters) {
  const std::string take = "#EXT-X-DEFINE:QUERYPARAM=\"t\"\n" + segment + "/x{$t}\n";
  const std::pair<const char*, const char*> good[] = {
      {"http://h.example/s?t=1", "http://h.example/x1"},
      {"http://h.example/s?xt=0&t=1&t=2#t=3", "http://h.example/x1"},
      {"http://h.example/s?a=b=c&t=x=y", "http://h.example/xx=y"},
      {"http://h.example/s?t=%2f%41%zz%4", "http://h.example/x/A%zz%4"},
      {"http://h.example/s?t&t=", "http://h.example/x"},
  };
  for (const auto& [uri, expected] : good)
    fail_unless(first_uri(take, {}, uri) == expected, "%s: %s", uri,
                first_uri(take, {}, uri).c_str());
  for (auto* uri : {"http://h.example/s", "http://h.example/s?t", "http://h.example/t=1?x=t&T=1",
                    "http://h.example/s#?t=1", "http://h.example/s?"})
    fails(take, Kind::bad_definition, 3, "query parameter t", {}, uri);
  for (auto* uri :
       {"http://h.example/s?t=%22", "http://h.example/s?t=a%0a", "http://h.example/?t=%00"})
    fails(take, Kind::bad_definition, 3, "quote or a control", {}, uri);
}
GST_END_TEST;

// Rule: a definition that is not one, or is there twice, and a reference to none are clear errors.
GST_START_TEST(what_is_wrong_is_named) {
  fails(segment + "{$late}.ts\n" + define("late", "x"), Kind::undefined_variable, 4, "late");
  fails("#EXT-X-MAP:URI=\"{$no}\"\n", Kind::undefined_variable, 3, "variable no,");
  fails("#EXT-X-KEY:METHOD=NONE,IV=0x{$no}\n", Kind::undefined_variable, 3, "variable no,");
  fails(define("a", "x") + define("a", "x"), Kind::bad_definition, 4, "second time");
  fails("#EXT-X-DEFINE:VALUE=\"x\"\n", Kind::bad_definition, 3, "one of NAME");
  fails("#EXT-X-DEFINE:NAME=\"a\",VALUE=\"x\",IMPORT=\"a\"\n", Kind::bad_definition, 3, "one of");
  fails("#EXT-X-DEFINE:NAME=\"a\"\n", Kind::bad_definition, 3, "without a VALUE");
  for (auto* name : {"", "a b", "a.b", "\xc3\xa9", "{$a}"})
    fails(define("a", ".") + define(name, "x"), Kind::bad_definition, 4, "letters");
  fails("#EXT-X-DEFINE:NAME=\"a\",VALUE=x\"y\n", Kind::bad_definition, 3, "quote");
}
GST_END_TEST;

// Rule: their number, their sizes, and what they make of a text are bounded.
GST_START_TEST(limits_hold) {
  std::string many;
  for (std::size_t i = 0; i < max_definitions; ++i)
    many += define("v" + std::to_string(i), "x");
  parse(head + many);
  fails(many + define("more", "x"), Kind::too_many_definitions, 3 + max_definitions, "200");

  const std::string value(max_definition_value, 'x');
  const std::string name(max_definition_name, 'n');
  parse(head + define(name, value));
  fails(define("a", value + "x"), Kind::definition_too_long, 3, "8192");
  fails(define(name + "n", "x"), Kind::definition_too_long, 3, "128");

  // Two of these are a line that is just short enough, and three are not.
  auto two = define("a", std::string(max_line_length / 2, 'x').substr(0, max_definition_value));
  parse(head + two + "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"{$a}\"\n");
  fails(two + segment + "{$a}{$a}{$a}\n", Kind::line_too_long, 5, "once its variables");
  fails(two + segment + "{$a}{$a}/\n", Kind::line_too_long, 5, "once its variables");
  fails(two + segment + "{$a}{$a}\n", Kind::uri_too_long, 5, "URI");

  std::string flood = head + define("a", value);
  for (std::size_t bytes = 0; bytes <= max_expanded_size; bytes += value.size())
    flood += "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"{$a}\"\n";
  auto error = parse_error(flood);
  fail_unless(error.kind == Kind::too_large, "%s", error.message.c_str());
}
GST_END_TEST;

static Suite* variables_suite() {
  auto* suite = suite_create("variables");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, references_are_replaced);
  tcase_add_test(tcase, values_are_not_read_again);
  tcase_add_test(tcase, nothing_else_is_replaced);
  tcase_add_test(tcase, a_master_hands_them_on);
  tcase_add_test(tcase, imports_that_fail);
  tcase_add_test(tcase, query_parameters);
  tcase_add_test(tcase, what_is_wrong_is_named);
  tcase_add_test(tcase, limits_hold);
  return suite;
}

GST_CHECK_MAIN(variables)
