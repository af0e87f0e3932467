// Gathering with a STUN server that is alive (a real coturn), and with one that is not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

/// How long the offer takes with that STUN server; the pair opens, too.
std::chrono::milliseconds time_of_offer(std::uint16_t stun_port) {
  test::Loop loop;
  auto options = test::loopback_options();
  options.stun = {{"127.0.0.1", stun_port}};
  test::Pair pair(loop.context(), options);
  auto begin = std::chrono::steady_clock::now();
  pair.start();
  fail_unless(loop.run_until([&] { return !pair.offerer.description.empty(); }, 3s));
  auto took = std::chrono::steady_clock::now() - begin;
  fail_unless(pair.offerer.description.find("typ host") != std::string::npos);
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
  return std::chrono::duration_cast<std::chrono::milliseconds>(took);
}

} // namespace

// Rule: the offer leaves as soon as the STUN server has answered. (On loopback its answer is the
// host candidate's own address, which libnice does not repeat; that the offer does not wait for
// the limit of 800 ms is what shows that it came.)
GST_START_TEST(a_stun_server_that_answers) {
  processes::TemporaryDirectory directory("p2plive-stun-test");
  processes::ServiceOptions options;
  options.directory = directory.path();
  auto coturn = processes::start_coturn(options);
  fail_unless(coturn.has_value(), "%s", coturn ? "" : coturn.error().c_str());
  auto took = time_of_offer(coturn->port);
  fail_unless(took < 750ms, "%d ms", int(took.count()));
}
GST_END_TEST;

// Rule: a dead STUN server delays the offer by less than a second.
GST_START_TEST(a_stun_server_that_is_dead) {
  int hole = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  fail_unless(bind(hole, reinterpret_cast<sockaddr*>(&address), size) == 0);
  fail_unless(getsockname(hole, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  auto took = time_of_offer(ntohs(address.sin_port));
  fail_unless(took < 2s, "%d ms", int(took.count()));
  char request[64];
  fail_unless(recv(hole, request, sizeof request, MSG_DONTWAIT) > 0); // it was asked
  close(hole);
}
GST_END_TEST;

static Suite* stun_suite() {
  auto* suite = suite_create("stun");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 30);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_stun_server_that_answers);
  tcase_add_test(tcase, a_stun_server_that_is_dead);
  return suite;
}

GST_CHECK_MAIN(stun)
