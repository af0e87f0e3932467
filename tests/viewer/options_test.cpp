// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/options.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

ViewerOptions good() {
  ViewerOptions options;
  options.uri = "http://127.0.0.1/live.m3u8";
  return options;
}

template <typename Change>
void refused(Change change) {
  auto options = good();
  change(options);
  auto error = viewer::check(options);
  fail_unless(error.has_value());
  fail_unless(error->kind == Error::Kind::settings);
  fail_if(error->message.empty());
}

} // namespace

// Rule: only what can be fetched is taken for a URI, and limits are sensible.
GST_START_TEST(bad_options_are_refused) {
  fail_if(viewer::check(good()).has_value());
  for (auto* uri : {"", "live.m3u8", "file:///etc/passwd", "ftp://host/x", "http://", "http:///x",
                    "http://host:port/x", "p2plive+http://host/x"}) {
    refused([&](auto& options) { options.uri = uri; });
    if (*uri)
      refused([&](auto& options) { options.index_uri = uri; });
  }
  refused([](auto& options) { options.uri += std::string(9000, 'x'); });
  refused([](auto& options) { options.seed_share = 1.5; });
  refused([](auto& options) { options.seed_share = 0.0 / 0.0; });
  refused([](auto& options) { options.live_delay = -1s; });
  refused([](auto& options) { options.lead = -1s; });
  refused([](auto& options) { options.cdn_threshold = -1s; });
  refused([](auto& options) { options.max_peers = 10'000; });
  refused([](auto& options) { options.local_address = "localhost"; });
  refused([](auto& options) { options.user_agent = "x\r\nHost: y"; });
}
GST_END_TEST;

// Rule: the application counts bits, the core bytes; a small limit is not "never".
GST_START_TEST(the_upload_limit_is_converted) {
  fail_unless(!viewer::to_upload_limit({}));
  fail_unless(viewer::to_upload_limit(0) == 0u);
  fail_unless(viewer::to_upload_limit(1) == 1u);
  fail_unless(viewer::to_upload_limit(8'000'000) == 1'000'000u);
}
GST_END_TEST;

// Rule: each viewer draws its own id.
GST_START_TEST(ids_are_drawn) {
  fail_unless(viewer::to_settings(good()).self != viewer::to_settings(good()).self);
}
GST_END_TEST;

static Suite* options_suite() {
  auto* suite = suite_create("options");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, bad_options_are_refused);
  tcase_add_test(tcase, the_upload_limit_is_converted);
  tcase_add_test(tcase, ids_are_drawn);
  return suite;
}

GST_CHECK_MAIN(options)
