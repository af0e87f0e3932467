// Interop with GStreamer's webrtcbin: in a process of its own, since its teardown can hang, and
// beside us in one process.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "encounter.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

/// webrtcbin notices our close by its SCTP alone, and does not tell in Debian 12's version.
test::Encounter::Kind kind(const char* name, bool we_offer) {
  return {.name = name, .we_offer = we_offer, .trickles = true, .says_closed = false};
}

void meet(bool we_offer) {
  test::Loop loop;
  test::Encounter encounter(loop, kind("webrtcbin", we_offer));
  auto problem = encounter.run([&](const std::string&) {
    auto meeting = encounter.of_the_other();
    return std::vector<std::string>{
        P2PLIVE_WEBRTCBIN_PROGRAM,      std::to_string(meeting.broker_port),
        meeting.self.to_hex(),          meeting.other.to_hex(),
        meeting.rid.to_hex(),           meeting.offers ? "offers" : "answers",
        std::to_string(test::exchanged)};
  });
  fail_unless(problem.empty(), "%s", problem.c_str());
}

/// In a process that is not torn down.
void meet_in_one_process(const char* we_do) {
  processes::TemporaryDirectory directory("p2plive-interop");
  processes::SpawnOptions spawn;
  spawn.argv = {P2PLIVE_BESIDE_PROGRAM, we_do, std::to_string(test::exchanged / 4)};
  spawn.log = directory / "beside.log";
  auto child = processes::ChildProcess::spawn(spawn);
  fail_unless(child.has_value(), "%s", child ? "" : child.error().c_str());
  auto ended = child->wait(150s);
  fail_unless(ended && ended->ok(), "%s: %s", ended ? ended->describe().c_str() : "it hangs",
              processes::log_tail(spawn.log).c_str());
}

} // namespace

// Rule: handshake and 64 MiB of pieces each way arrive as they were sent, whoever offers.
GST_START_TEST(webrtcbin_answers) {
  meet(true);
}
GST_END_TEST;

GST_START_TEST(webrtcbin_offers) {
  meet(false);
}
GST_END_TEST;

// Rule: an application may use webrtcbin, whose SCTP plugin has a usrsctp of its own, and us in one
// process: they even talk to each other.
GST_START_TEST(webrtcbin_answers_in_one_process) {
  meet_in_one_process("offers");
}
GST_END_TEST;

GST_START_TEST(webrtcbin_offers_in_one_process) {
  meet_in_one_process("answers");
}
GST_END_TEST;

static Suite* interop_webrtcbin_suite() {
  auto* suite = suite_create("interop_webrtcbin");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, test::seconds_a_test);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, webrtcbin_answers);
  tcase_add_test(tcase, webrtcbin_offers);
  tcase_add_test(tcase, webrtcbin_answers_in_one_process);
  tcase_add_test(tcase, webrtcbin_offers_in_one_process);
  return suite;
}

GST_CHECK_MAIN(interop_webrtcbin)
