// Interop with Debian's Chromium: a page of plain RTCPeerConnection code, signalled over the
// broker's WebSocket listener.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "chromium.h"
#include "encounter.h"
#include "scripts.h"

#include <algorithm>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;

namespace {

std::string percent_encoded(const std::string& text) {
  std::unique_ptr<char, decltype(&g_free)> escaped(
      g_uri_escape_string(text.c_str(), nullptr, FALSE), g_free);
  return escaped.get();
}

/// Also checks that Chromium has named its addresses as it was told to.
using Restart = test::Encounter::Restart;

void meet(bool we_offer, bool hide_addresses, Restart restart = Restart::no) {
  test::Loop loop;
  test::Encounter encounter(loop, {.name = hide_addresses ? "Chromium, mDNS names" : "Chromium",
                                   .we_offer = we_offer,
                                   .trickles = true,
                                   .websocket = true,
                                   .restart = restart,
                                   .size = restart == Restart::no
                                               ? test::exchanged
                                               : std::min(test::exchanged, std::size_t{8} << 20)});
  processes::NginxOptions web;
  web.directory = encounter.directory.path();
  web.root = encounter.directory / "scripts";
  auto problem = test::make_scripts(web.root);
  fail_unless(problem.empty(), "%s", problem.c_str());
  auto server = processes::start_nginx(web);
  fail_unless(server.has_value(), "%s", server ? "" : server.error().c_str());
  problem = encounter.run([&](const std::string& options) {
    return test::chromium(encounter.directory.path(),
                          server->url() + "page.html#" + percent_encoded(options), hide_addresses);
  });
  fail_unless(problem.empty(), "%s", problem.c_str());
  auto& candidates = encounter.ours->candidates;
  fail_if(candidates.empty());
  auto hidden = [](const std::string& line) { return line.find(".local ") != line.npos; };
  fail_unless(hide_addresses ? std::ranges::any_of(candidates, hidden)
                             : std::ranges::none_of(candidates, hidden),
              "%s", candidates.front().c_str());
}

} // namespace

// Rule: handshake and 64 MiB of pieces each way arrive as they were sent, whoever offers, and our
// orderly close is noticed; when Chromium hides its addresses, as it does by default ...
GST_START_TEST(chromium_hidden_answers) {
  meet(true, true);
}
GST_END_TEST;

GST_START_TEST(chromium_hidden_offers) {
  meet(false, true);
}
GST_END_TEST;

// ... and when it does not.
GST_START_TEST(chromium_answers) {
  meet(true, false);
}
GST_END_TEST;

GST_START_TEST(chromium_offers) {
  meet(false, false);
}
GST_END_TEST;

// Rule: an ICE restart, whoever begins it, changes the path and nothing else.
GST_START_TEST(chromium_answers_our_restart) {
  meet(true, true, Restart::ours);
}
GST_END_TEST;

GST_START_TEST(chromium_restarts) {
  meet(true, true, Restart::theirs);
}
GST_END_TEST;

static Suite* interop_chromium_suite() {
  auto* suite = suite_create("interop_chromium");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, test::seconds_a_test);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, chromium_hidden_answers);
  tcase_add_test(tcase, chromium_hidden_offers);
  tcase_add_test(tcase, chromium_answers);
  tcase_add_test(tcase, chromium_offers);
  tcase_add_test(tcase, chromium_answers_our_restart);
  tcase_add_test(tcase, chromium_restarts);
  return suite;
}

GST_CHECK_MAIN(interop_chromium)
