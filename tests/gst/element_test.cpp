// p2plivesrc without a network: how it looks to an application.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pipeline.h"

#include <gio/gio.h>
#include <gst/check/gstcheck.h>

#include <algorithm>
#include <cstring>

using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

struct Expected {
  const char* name;
  const char* value; ///< as gst-launch writes it
  int changeable;
};

constexpr int never = 0;
constexpr int ready = GST_PARAM_MUTABLE_READY;
constexpr int always = GST_PARAM_MUTABLE_PLAYING;

const Expected properties[] = {
    {"uri", "NULL", ready},
    {"index-uri", "NULL", ready},
    {"live-delay", "8000000000", ready},
    {"start-offset", "-1", ready},
    {"lead", "3000000000", ready},
    {"pace", "stream", ready},
    {"late", "skip", ready},
    {"cdn-threshold", "-1", ready},
    {"seed-share", "-1", ready},
    {"max-peers", "60", always},
    {"upload-limit", "-1", always},
    {"user-agent", "NULL", ready},
    {"local-address", "NULL", ready},
    {"extra-headers", nullptr, ready},
    {"cookies", nullptr, ready},
    {"user-id", "NULL", ready},
    {"user-pw", "NULL", ready},
    {"proxy", "NULL", ready},
    {"proxy-id", "NULL", ready},
    {"proxy-pw", "NULL", ready},
    {"tls-database", nullptr, ready},
    {"ssl-ca-file", "NULL", ready},
    {"ssl-strict", "true", ready},
    {"timeout", "0", ready},
    {"retries", "4", ready},
    {"max-bitrate", "0", ready},
    {"connection-speed", "0", ready},
    {"max-width", "0", ready},
    {"max-height", "0", ready},
    {"codecs", "NULL", ready},
    {"adaptive", "false", ready},
    {"start-bitrate", "0", ready},
    {"stats", nullptr, never},
};

/// Of its own, not of the classes above it.
std::size_t properties_of(GstElement* element) {
  guint count = 0;
  auto** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  const auto own = std::count_if(specs, specs + count, [&](const GParamSpec* spec) {
    return spec->owner_type == G_OBJECT_TYPE(element);
  });
  g_free(specs);
  return static_cast<std::size_t>(own);
}

GstElement* make() {
  auto* element = gst_check_setup_element("p2plivesrc");
  fail_unless(element != nullptr);
  return element;
}

std::string text_of(GObject* object, const char* name) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(object, name, &value);
  char* text = G_VALUE_HOLDS_STRING(&value) ? g_strdup(g_value_get_string(&value))
                                            : gst_value_serialize(&value);
  std::string result = text ? text : "NULL";
  g_free(text);
  g_value_unset(&value);
  return result;
}

std::string uri_of(GstElement* element) {
  char* uri = gst_uri_handler_get_uri(GST_URI_HANDLER(element));
  std::string result = uri ? uri : "NULL";
  g_free(uri);
  return result;
}

void same(const std::string& is, const char* should) {
  fail_unless(is == should, "%s is not %s", is.c_str(), should);
}

} // namespace

// Rule: the properties, their defaults, and when they may change are what the documentation says;
// there are no others.
GST_START_TEST(properties_have_their_defaults) {
  auto* element = make();
  fail_unless_equals_uint64(properties_of(element), std::size(properties));
  for (const auto& expected : properties) {
    auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), expected.name);
    fail_unless(spec != nullptr, "%s", expected.name);
    const int mutability = GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PAUSED | always;
    fail_unless_equals_int(spec->flags & mutability, expected.changeable);
    fail_unless_equals_int(!!(spec->flags & G_PARAM_WRITABLE), expected.changeable != never);
    if (expected.value)
      same(text_of(G_OBJECT(element), expected.name), expected.value);
  }
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: what is set is what is read.
GST_START_TEST(properties_keep_their_values) {
  auto* element = make();
  const std::pair<const char*, const char*> values[] = {{"uri", "http://127.0.0.1:1/x.m3u8"},
                                                        {"index-uri", "http://127.0.0.1:1/"},
                                                        {"live-delay", "1"},
                                                        {"start-offset", "-9000000000"},
                                                        {"lead", "2"},
                                                        {"pace", "none"},
                                                        {"late", "keep"},
                                                        {"cdn-threshold", "5000000000"},
                                                        {"seed-share", "0.25"},
                                                        {"max-peers", "0"},
                                                        {"upload-limit", "0"},
                                                        {"user-agent", "test"},
                                                        {"local-address", "127.0.0.1"},
                                                        {"user-id", "me"},
                                                        {"user-pw", "secret"},
                                                        {"proxy", "127.0.0.1:3128"},
                                                        {"proxy-id", "you"},
                                                        {"proxy-pw", "secret"},
                                                        {"ssl-ca-file", "ca.pem"},
                                                        {"ssl-strict", "false"},
                                                        {"timeout", "7"},
                                                        {"retries", "-1"},
                                                        {"max-bitrate", "3000000"},
                                                        {"connection-speed", "2000"},
                                                        {"max-width", "1280"},
                                                        {"max-height", "720"},
                                                        {"codecs", "avc1,mp4a"},
                                                        {"adaptive", "true"},
                                                        {"start-bitrate", "1000000"}};
  for (const auto& [name, value] : values) {
    gst_util_set_object_arg(G_OBJECT(element), name, value);
    same(text_of(G_OBJECT(element), name), value);
  }
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: headers, cookies and the TLS database, which are no plain values, are kept as well.
GST_START_TEST(http_properties_keep_their_values) {
  auto* element = make();
  auto* set = gst_structure_from_string(
      "extra-headers, Referer=\"http://player.example/\", X-A=<one, two>, X-Number=(int)5;",
      nullptr);
  const char* cookies[] = {"a=1", "b=2", nullptr};
  auto* database = g_tls_backend_get_default_database(g_tls_backend_get_default());
  g_object_set(element, "extra-headers", set, "cookies", cookies, "tls-database", database,
               nullptr);
  gst_structure_free(set);
  GstStructure* headers = nullptr;
  char** kept = nullptr;
  GTlsDatabase* trusted = nullptr;
  g_object_get(element, "extra-headers", &headers, "cookies", &kept, "tls-database", &trusted,
               nullptr);
  fail_unless_equals_string(gst_structure_get_string(headers, "Referer"), "http://player.example/");
  fail_unless_equals_string(gst_structure_get_string(headers, "X-Number"), "5");
  fail_unless_equals_int(gst_value_array_get_size(gst_structure_get_value(headers, "X-A")), 2);
  fail_unless(g_strv_equal(kept, cookies));
  fail_unless(trusted == database);
  gst_structure_free(headers);
  g_strfreev(kept);
  g_object_unref(trusted);
  g_object_set(element, "extra-headers", nullptr, "cookies", nullptr, "tls-database", nullptr,
               nullptr);
  g_object_get(element, "extra-headers", &headers, "cookies", &kept, "tls-database", &trusted,
               nullptr);
  fail_unless(!headers && !kept && !trusted);
  g_object_unref(database);
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: stats are always there, with every field, and a time is a guint64.
GST_START_TEST(stats_are_complete) {
  auto* element = make();
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  fail_unless(gst_structure_has_name(stats, "application/x-p2plive-stats"));
  for (auto* name : {"rid", "peer-id"})
    fail_unless(gst_structure_has_field_typed(stats, name, G_TYPE_STRING), "%s", name);
  fail_unless(gst_structure_has_field_typed(stats, "peers", G_TYPE_UINT));
  for (auto* name : {"cdn-bytes", "peer-bytes", "upload-bytes", "delivered-bytes",
                     "duplicate-bytes", "overhead-bytes", "cdn-requests", "cdn-errors",
                     "buffer-time", "delay", "startup-time", "starvations", "starved-time",
                     "bandwidth", "throughput", "switches", "pool-allocated", "pool-reused"})
    fail_unless(gst_structure_has_field_typed(stats, name, G_TYPE_UINT64), "%s", name);
  gst_structure_free(stats);
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: the signals are there, with their arguments.
GST_START_TEST(signals_have_their_arguments) {
  auto* element = make();
  for (auto [name, arguments] : {std::pair("peer-added", 1u), std::pair("peer-removed", 2u)}) {
    GSignalQuery query;
    g_signal_query(g_signal_lookup(name, G_OBJECT_TYPE(element)), &query);
    fail_unless_equals_int(query.n_params, arguments);
    for (guint i = 0; i < arguments; ++i)
      fail_unless(query.param_types[i] == G_TYPE_STRING);
  }
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: the element answers for its schemes, and says NULL, never "", where nothing is set.
GST_START_TEST(it_is_a_uri_handler) {
  for (auto* uri : {"p2plive+https://a/x", "p2plive+http://a/x", "p2plive://a/x"}) {
    auto* element = gst_element_make_from_uri(GST_URI_SRC, uri, nullptr, nullptr);
    fail_unless(element != nullptr, "%s", uri);
    fail_unless_equals_string(GST_OBJECT_NAME(gst_element_get_factory(element)), "p2plivesrc");
    fail_unless(uri_of(element) == uri);
    gst_object_unref(gst_object_ref_sink(element));
  }
  auto* element = make();
  same(uri_of(element), "NULL");
  g_object_set(element, "uri", "", nullptr);
  same(uri_of(element), "NULL");
  g_object_set(element, "uri", "http://a/x", nullptr);
  same(uri_of(element), "p2plive+http://a/x");
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: a bad option fails the start at once, with one error that says which.
static void settings_error(const char* description) {
  Pipeline pipeline(description);
  fail_unless_equals_int(gst_element_set_state(pipeline.get(), GST_STATE_PAUSED),
                         GST_STATE_CHANGE_FAILURE);
  fail_unless(pipeline.wait([&] { return !pipeline.errors().empty(); }, 2s));
  pipeline.wait([&] { return pipeline.errors().size() > 1; }, 200ms);
  fail_unless_equals_int(static_cast<int>(pipeline.errors().size()), 1);
  const auto& error = pipeline.errors().front();
  fail_unless(error.domain == GST_RESOURCE_ERROR);
  fail_unless_equals_int(error.code, GST_RESOURCE_ERROR_SETTINGS);
  fail_unless_equals_string(error.from.c_str(), "p2plivesrc");
  fail_unless(error.text.size() > 20, "%s", error.text.c_str());
}

GST_START_TEST(bad_settings) {
  settings_error("p2plivesrc ! fakesink");
  settings_error("p2plivesrc uri=ftp://127.0.0.1/x.m3u8 ! fakesink");
  settings_error("p2plivesrc uri=live.m3u8 ! fakesink");
  settings_error("p2plivesrc uri=http:// ! fakesink");
  settings_error("p2plivesrc uri=http://127.0.0.1/x start-offset=-90000000000000 ! fakesink");
  settings_error("p2plivesrc uri=http://127.0.0.1/x codecs=avc1;mp4a ! fakesink");
  settings_error("p2plivesrc uri=http://127.0.0.1/x proxy=ftp://127.0.0.1 ! fakesink");
  settings_error("p2plivesrc uri=http://127.0.0.1/x ssl-ca-file=/nonexistent ! fakesink");
  settings_error("p2plivesrc uri=http://127.0.0.1/x extra-headers=\"x,Host=(string)a\" ! fakesink");
}
GST_END_TEST;

// Rule: queries before data: a stream over a network, that cannot be seeked and has no duration.
GST_START_TEST(queries) {
  auto* element = make();
  auto* pad = gst_element_get_static_pad(element, "src");
  auto* scheduling = gst_query_new_scheduling();
  fail_unless(gst_pad_query(pad, scheduling));
  fail_unless(gst_query_has_scheduling_mode(scheduling, GST_PAD_MODE_PUSH));
  fail_if(gst_query_has_scheduling_mode(scheduling, GST_PAD_MODE_PULL));
  GstSchedulingFlags flags;
  gst_query_parse_scheduling(scheduling, &flags, nullptr, nullptr, nullptr);
  fail_unless(flags & GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED);
  fail_if(flags & GST_SCHEDULING_FLAG_SEEKABLE);
  gst_query_unref(scheduling);

  auto* seeking = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  if (gst_pad_query(pad, seeking))
    gst_query_parse_seeking(seeking, nullptr, &seekable, nullptr, nullptr);
  fail_if(seekable);
  fail_if(gst_element_seek_simple(element, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  gst_query_unref(seeking);

  gint64 duration = 0;
  fail_if(gst_pad_query_duration(pad, GST_FORMAT_TIME, &duration));
  gst_object_unref(pad);
  gst_check_teardown_element(element);
}
GST_END_TEST;

// Rule: the page of gst-inspect is complete.
GST_START_TEST(the_page_of_gst_inspect) {
  auto* factory = gst_element_factory_find("p2plivesrc");
  fail_unless(factory != nullptr);
  for (auto* key : {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
                    GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR})
    fail_unless(strlen(gst_element_factory_get_metadata(factory, key)) > 0, "%s", key);
  auto* plugin = gst_plugin_feature_get_plugin(GST_PLUGIN_FEATURE(factory));
  fail_unless_equals_string(gst_plugin_get_name(plugin), "p2plive");
  fail_unless_equals_string(gst_plugin_get_license(plugin), "LGPL");
  gst_object_unref(plugin);
  gst_object_unref(factory);
}
GST_END_TEST;

static Suite* element_suite() {
  auto* suite = suite_create("element");
  auto* tests = tcase_create("rules");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, properties_have_their_defaults);
  tcase_add_test(tests, properties_keep_their_values);
  tcase_add_test(tests, http_properties_keep_their_values);
  tcase_add_test(tests, stats_are_complete);
  tcase_add_test(tests, signals_have_their_arguments);
  tcase_add_test(tests, it_is_a_uri_handler);
  tcase_add_test(tests, bad_settings);
  tcase_add_test(tests, queries);
  tcase_add_test(tests, the_page_of_gst_inspect);
  return suite;
}
GST_CHECK_MAIN(element)
