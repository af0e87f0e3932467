// p2plivesrc and a CDN that does not give a stream: one clear error each.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pipeline.h"
#include "processes/free_port.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"
#include "silent_server.h"

#include <gst/check/gstcheck.h>

#include <fstream>

using namespace p2plive;
using namespace p2plive::tests;
using namespace std::chrono_literals;

namespace {

std::string cdn; ///< base address of the nginx in main()

/// Exactly one error of the source, with this code and a sentence, and the stream has ended.
void fails_with(const std::string& url, GQuark domain, int code) {
  Pipeline pipeline("p2plivesrc name=src uri=" + url + " ! fakesink");
  pipeline.set_state(GST_STATE_PLAYING);
  fail_unless(pipeline.wait([&] { return !pipeline.errors().empty(); }, 40s), "%s", url.c_str());
  // A second one would follow at once.
  pipeline.wait([&] { return pipeline.errors().size() > 1; }, 500ms);
  fail_unless_equals_int(static_cast<int>(pipeline.errors().size()), 1);
  const auto& error = pipeline.errors().front();
  fail_unless(error.domain == domain && error.code == code, "%s: %s %d \"%s\"", url.c_str(),
              g_quark_to_string(error.domain), error.code, error.text.c_str());
  fail_unless_equals_string(error.from.c_str(), "p2plivesrc");
  fail_unless(error.text.size() > 20, "%s", error.text.c_str());
  fail_unless_equals_int(static_cast<int>(pipeline.sent_count()), 0);
}

} // namespace

// Rule: exactly one error, with the code that fits.
GST_START_TEST(not_found) {
  fails_with(cdn + "nothing.m3u8", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}
GST_END_TEST;

GST_START_TEST(not_authorized) {
  fails_with(cdn + "forbidden.m3u8", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fails_with(cdn + "unauthorized.m3u8", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
}
GST_END_TEST;

GST_START_TEST(html_instead_of_a_playlist) {
  fails_with(cdn + "page.html", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  fails_with(cdn + "page.m3u8", GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
}
GST_END_TEST;

GST_START_TEST(an_encryption_that_is_not_played) {
  fails_with(cdn + "drm.m3u8", GST_STREAM_ERROR, GST_STREAM_ERROR_DECRYPT);
}
GST_END_TEST;

GST_START_TEST(connection_refused) {
  const auto port = std::to_string(processes::free_port());
  fails_with("http://127.0.0.1:" + port + "/live.m3u8", GST_RESOURCE_ERROR,
             GST_RESOURCE_ERROR_OPEN_READ);
}
GST_END_TEST;

// Rule: a server that hangs does not hang the application: down within two seconds, without error.
static void shuts_down_quickly(GstState state) {
  SilentServer server;
  Pipeline pipeline("p2plivesrc uri=" + server.url() + " ! fakesink");
  pipeline.set_state(state);
  pipeline.run(300ms);
  const auto before = std::chrono::steady_clock::now();
  fail_unless_equals_int(gst_element_set_state(pipeline.get(), GST_STATE_NULL),
                         GST_STATE_CHANGE_SUCCESS);
  const auto took = std::chrono::steady_clock::now() - before;
  fail_unless(took < 2s, "%d ms", static_cast<int>(took / 1ms));
  pipeline.run(100ms);
  fail_unless(pipeline.errors().empty(), "%s", pipeline.first_error().c_str());
  fail_if(pipeline.ended());
}

GST_START_TEST(shutdown_while_the_server_hangs) {
  shuts_down_quickly(GST_STATE_PAUSED);
  shuts_down_quickly(GST_STATE_PLAYING);
}
GST_END_TEST;

// Rule: the address cannot change under a running stream, and can again afterwards.
GST_START_TEST(address_while_running) {
  SilentServer server;
  auto* source = gst_element_factory_make("p2plivesrc", nullptr);
  gst_object_ref_sink(source);
  auto* handler = GST_URI_HANDLER(source);
  g_object_set(source, "uri", server.url().c_str(), nullptr);
  fail_unless(gst_element_set_state(source, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE);
  GError* error = nullptr;
  fail_if(gst_uri_handler_set_uri(handler, "p2plive+http://127.0.0.1/x", &error));
  fail_unless(g_error_matches(error, GST_URI_ERROR, GST_URI_ERROR_BAD_STATE));
  g_clear_error(&error);
  gst_element_set_state(source, GST_STATE_READY);
  fail_unless(gst_uri_handler_set_uri(handler, "p2plive+http://127.0.0.1/x", nullptr));
  gst_element_set_state(source, GST_STATE_NULL);
  gst_object_unref(source);
}
GST_END_TEST;

static Suite* faults_suite() {
  auto* suite = suite_create("faults");
  auto* tests = tcase_create("rules");
  tcase_set_timeout(tests, 90);
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, not_found);
  tcase_add_test(tests, not_authorized);
  tcase_add_test(tests, html_instead_of_a_playlist);
  tcase_add_test(tests, an_encryption_that_is_not_played);
  tcase_add_test(tests, connection_refused);
  tcase_add_test(tests, shutdown_while_the_server_hangs);
  tcase_add_test(tests, address_while_running);
  return suite;
}

int main(int argc, char** argv) {
  gst_check_init(&argc, &argv);
  processes::TemporaryDirectory directory("p2plive-gst-test");
  const auto root = directory / "www";
  std::filesystem::create_directories(root);
  for (auto* name : {"page.html", "page.m3u8"})
    std::ofstream(root / name) << "<!DOCTYPE html><html><title>Welcome</title></html>\n";
  std::ofstream(root / "drm.m3u8") << "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
                                      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://key\"\n"
                                      "#EXTINF:2,\na.ts\n";
  processes::NginxOptions options;
  options.directory = directory.path();
  options.root = root;
  options.locations = "location = /forbidden.m3u8 { return 403; }\n"
                      "location = /unauthorized.m3u8 { return 401; }\n";
  auto nginx = processes::start_nginx(options);
  if (!nginx) {
    g_printerr("%s\n", nginx.error().c_str());
    return 1;
  }
  cdn = nginx->url();
  return gst_check_run_suite(faults_suite(), "faults", __FILE__);
}
