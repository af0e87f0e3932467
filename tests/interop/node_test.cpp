// Interop with libwebrtc (@roamhq/wrtc) and libdatachannel (node-datachannel) in Node; their
// versions are pinned in tests/node/package.json.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "encounter.h"
#include "scripts.h"

#include <algorithm>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;

using Restart = test::Encounter::Restart;

static void meet(const char* library, bool we_offer, bool trickles, Restart restart = Restart::no) {
  test::Loop loop;
  test::Encounter encounter(loop, {.name = library,
                                   .we_offer = we_offer,
                                   .trickles = trickles,
                                   .restart = restart,
                                   .size = restart == Restart::no
                                               ? test::exchanged
                                               : std::min(test::exchanged, std::size_t{8} << 20)});
  auto scripts = encounter.directory / "scripts";
  auto problem = test::make_scripts(scripts);
  fail_unless(problem.empty(), "%s", problem.c_str());
  problem = encounter.run([&](const std::string& options) {
    return std::vector<std::string>{"node", (scripts / "node.mjs").string(), library, options};
  });
  fail_unless(problem.empty(), "%s", problem.c_str());
}

// Rule: handshake and 64 MiB of pieces each way arrive as they were sent, whoever offers, and our
// orderly close is noticed; with libwebrtc, whose candidates come after its description ...
GST_START_TEST(libwebrtc_answers) {
  meet("wrtc", true, true);
}
GST_END_TEST;

GST_START_TEST(libwebrtc_offers) {
  meet("wrtc", false, true);
}
GST_END_TEST;

// ... and with libdatachannel, whose candidates come with its description.
GST_START_TEST(libdatachannel_answers) {
  meet("node-datachannel", true, false);
}
GST_END_TEST;

GST_START_TEST(libdatachannel_offers) {
  meet("node-datachannel", false, false);
}
GST_END_TEST;

// Rule: an ICE restart, whoever begins it, changes the path and nothing else.
GST_START_TEST(libwebrtc_answers_our_restart) {
  meet("wrtc", true, true, Restart::ours);
}
GST_END_TEST;

GST_START_TEST(libwebrtc_restarts) {
  meet("wrtc", true, true, Restart::theirs);
}
GST_END_TEST;

static Suite* interop_node_suite() {
  auto* suite = suite_create("interop_node");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, test::seconds_a_test);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, libwebrtc_answers);
  tcase_add_test(tcase, libwebrtc_offers);
  tcase_add_test(tcase, libdatachannel_answers);
  tcase_add_test(tcase, libdatachannel_offers);
  tcase_add_test(tcase, libwebrtc_answers_our_restart);
  tcase_add_test(tcase, libwebrtc_restarts);
  return suite;
}

GST_CHECK_MAIN(interop_node)
