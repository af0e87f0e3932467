// What docs/plugin.md lists, against what the element has: whatever is on one side only fails.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "date_ranges.h"
#include "messages.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "posted.h" // last: gst-check, which it includes, defines a macro named fail

using namespace p2plive;
using p2plive::tests::posted;
using namespace std::chrono_literals;

namespace {

using Names = std::set<std::string>;
using Types = std::map<std::string, std::string>; ///< of fields, by their names

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  fail_unless(file.is_open(), "%s", path.c_str());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// From a heading to the next one that is not below it; without the heading.
std::string section(const std::string& heading) {
  const auto page = "\n" + contents(P2PLIVE_PLUGIN_PAGE);
  const auto at = page.find("\n" + heading + "\n");
  fail_unless(at != page.npos, "the page has no %s", heading.c_str());
  const auto begin = at + heading.size() + 1;
  std::size_t end = page.npos;
  for (auto marks = heading.substr(0, heading.find(' ')); !marks.empty(); marks.pop_back())
    end = std::min(end, page.find("\n" + marks + " ", begin));
  return page.substr(begin, end - begin);
}

/// Second columns of the tables, by the name that each first column is.
Types rows(const std::string& text) {
  static const std::regex row("\\| `([^`]+)` \\| ([^|]*) \\|.*");
  Types out;
  std::istringstream lines(text);
  std::smatch found;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, found, row))
      fail_unless(out.emplace(found[1], found[2]).second, "%s is there twice", line.c_str());
  return out;
}

Names names(const Types& rows) {
  Names out;
  for (const auto& [name, second] : rows)
    out.insert(name);
  return out;
}

std::string only_in(const Names& a, const Names& b) {
  std::string out;
  for (const auto& name : a)
    if (!b.contains(name))
      out += name + ' ';
  return out;
}

void same(const Names& on_the_page, const Names& real) {
  fail_unless(on_the_page == real, "not on the page: %s; only there: %s",
              only_in(real, on_the_page).c_str(), only_in(on_the_page, real).c_str());
}

Types fields(const GstStructure* structure) {
  Types out;
  for (int i = 0; i < gst_structure_n_fields(structure); ++i) {
    const char* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    const auto type = gst_structure_get_field_type(structure, name);
    out[name] = type == G_TYPE_STRING ? "string" : g_type_name(type);
  }
  return out;
}

void same_fields(const std::string& heading, const GstStructure* structure) {
  const auto on_the_page = rows(section(heading)), real = fields(structure);
  same(names(on_the_page), names(real));
  for (const auto& [name, type] : real)
    fail_unless(on_the_page.at(name) == type, "%s is a %s", name.c_str(), type.c_str());
}

/// As in GStreamer's headers.
std::string code(GstMessage* message) {
  GError* error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, nullptr);
  else
    gst_message_parse_warning(message, &error, nullptr);
  const auto type =
      error->domain == GST_RESOURCE_ERROR ? GST_TYPE_RESOURCE_ERROR : GST_TYPE_STREAM_ERROR;
  auto* codes = static_cast<GEnumClass*>(g_type_class_ref(type));
  std::string name = g_enum_get_value(codes, error->code)->value_name;
  g_type_class_unref(codes);
  g_error_free(error);
  return name;
}

} // namespace

// Rule: the page has every property of the element's own, and no other.
GST_START_TEST(properties) {
  auto* element = gst_check_setup_element("p2plivesrc");
  guint count = 0;
  auto** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  Names real;
  for (guint i = 0; i < count; ++i)
    if (specs[i]->owner_type == G_OBJECT_TYPE(element))
      real.insert(specs[i]->name);
  g_free(specs);
  gst_check_teardown_element(element);
  same(names(rows(section("## Properties"))), real);
}
GST_END_TEST;

// Rule: so it is with its signals.
GST_START_TEST(signals) {
  auto* element = gst_check_setup_element("p2plivesrc");
  guint count = 0;
  auto* ids = g_signal_list_ids(G_OBJECT_TYPE(element), &count);
  Names real;
  for (guint i = 0; i < count; ++i)
    real.insert(g_signal_name(ids[i]));
  g_free(ids);
  gst_check_teardown_element(element);
  same(names(rows(section("## Signals"))), real);
}
GST_END_TEST;

// Rule: so it is with the fields of stats, which have the types that it says.
GST_START_TEST(statistics) {
  auto* element = gst_check_setup_element("p2plivesrc");
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  same_fields("## Statistics", stats);
  gst_structure_free(stats);
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: so it is with the fields of each message.
GST_START_TEST(fields_of_messages) {
  auto message = posted([](GstElement* element) {
    gst::post_quality(element, {3'000'000, 1280, 720, "avc1.4d401f,mp4a.40.2"});
  });
  same_fields("### `p2plive-quality`", gst_message_get_structure(message.get()));

  message = posted([](GstElement* element) { gst::post_skipped(element, 1s); });
  same_fields("### `p2plive-skipped`", gst_message_get_structure(message.get()));

  const DateRange::Date noon{1'764'158'400'000ms};
  gst::DateRanges ranges;
  ranges.add({.id = "1",
              .class_name = "ads",
              .start = noon,
              .end = noon + 30s,
              .duration = 30s,
              .planned_duration = 30s,
              .scte35_command = "0xFC",
              .scte35_out = "0xFC",
              .scte35_in = "0xFC"});
  Buffer buffer;
  buffer.program_date_time = noon;
  ranges.begin(buffer, {});
  auto* range = ranges.take();
  same_fields("### `p2plive-date-range`", range);
  gst_structure_free(range);
}
GST_END_TEST;

// Rule: so it is with the names of messages, as the sources have them.
GST_START_TEST(messages) {
  const std::regex in_source(R"re(gst_structure_new(_empty)?\(\s*"(p2plive-[^"]+)")re");
  const std::regex on_page("### `([^`]+)`");
  const auto each = [](const std::string& text, const std::regex& regex, std::size_t group,
                       Names& out) {
    for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
      out.insert((*it)[group]);
  };
  Names real, on_the_page;
  for (const auto& file : std::filesystem::directory_iterator(P2PLIVE_GST_SOURCES))
    if (file.path().extension() == ".cpp")
      each(contents(file.path()), in_source, 2, real);
  each(section("## Element messages"), on_page, 1, on_the_page);
  same(on_the_page, real);
}
GST_END_TEST;

// Rule: so it is with the codes of errors; and the one of warnings is named.
GST_START_TEST(errors) {
  Names real;
  for (int kind = 0;; ++kind) {
    const auto message = posted([&](GstElement* element) {
      gst::post_error(element, {static_cast<Error::Kind>(kind), "message", "detail"});
    });
    if (code(message.get()) == "GST_RESOURCE_ERROR_FAILED") // there is no such kind
      break;
    real.insert(code(message.get()));
  }
  const auto text = section("## Errors");
  same(names(rows(text)), real);
  const auto warning = posted([](GstElement* element) {
    gst::post_warning(element, {"message", "detail"});
  });
  fail_unless(text.find("warning `" + code(warning.get()) + "`") != text.npos);
}
GST_END_TEST;

// Rule: its caps are those of the pad's template.
GST_START_TEST(caps) {
  const auto text = section("## What is played");
  const std::regex cell("`((?:video|audio)/[^`]+)`");
  auto* on_the_page = gst_caps_new_empty();
  for (std::sregex_iterator it(text.begin(), text.end(), cell), end; it != end; ++it)
    gst_caps_append(on_the_page, gst_caps_from_string((*it)[1].str().c_str()));
  auto* element = gst_check_setup_element("p2plivesrc");
  auto* real = gst_pad_template_get_caps(
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(element), "src"));
  fail_unless(gst_caps_is_equal(on_the_page, real));
  gst_caps_unref(real);
  gst_caps_unref(on_the_page);
  gst_check_teardown_element(element);
}
GST_END_TEST;

static Suite* plugin_page_suite() {
  auto* suite = suite_create("plugin_page");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, properties);
  tcase_add_test(tests, signals);
  tcase_add_test(tests, statistics);
  tcase_add_test(tests, fields_of_messages);
  tcase_add_test(tests, messages);
  tcase_add_test(tests, errors);
  tcase_add_test(tests, caps);
  return suite;
}
GST_CHECK_MAIN(plugin_page)
