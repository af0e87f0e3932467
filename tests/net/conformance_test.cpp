// PeerConnection: what the standards leave to the other side's choice. Two of them over loopback;
// real others are met in tests/interop.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include <fstream>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Pair;
using test::Peer;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  auto at = text.find(from);
  fail_if(at == text.npos, "no %s", from.c_str());
  return text.replace(at, from.size(), to);
}

/// A message each way arrives.
bool talk(test::Loop& loop, Pair& pair) {
  return pair.offerer.send({1}) && pair.answerer.send({2}) && loop.run_until([&] {
    return pair.offerer.messages == std::vector<Peer::Bytes>{{2}} &&
           pair.answerer.messages == std::vector<Peer::Bytes>{{1}};
  });
}

/// Two ends with options of their own.
struct UnlikePair {
  UnlikePair(GMainContext* context, const net::PeerConnectionOptions& a,
             const net::PeerConnectionOptions& b)
      : offerer(context, a), answerer(context, b) {
    offerer.on_description = [this](const std::string& sdp) {
      answerer.connection->accept_offer(sdp);
    };
    answerer.on_description = [this](const std::string& sdp) {
      offerer.connection->accept_answer(sdp);
    };
    offerer.connection->offer();
  }
  bool open() const { return offerer.opened && answerer.opened; }
  Peer offerer, answerer;
};

} // namespace

// Rule: an offerer may insist on a DTLS role; the answerer takes the other (RFC 8842), and the
// channel goes with it: even streams belong to the client (RFC 8832 section 6).
GST_START_TEST(either_side_is_dtls_client) {
  for (std::string setup : {"actpass", "active", "passive"}) {
    test::Loop loop;
    Pair pair(loop.context());
    pair.change_offer = [&](std::string sdp) {
      return replaced(sdp, "a=setup:actpass", "a=setup:" + setup);
    };
    pair.start();
    fail_unless(loop.run_until([&] { return pair.open(); }), "%s: %s / %s", setup.c_str(),
                pair.offerer.reason.c_str(), pair.answerer.reason.c_str());
    auto answer = setup == "active" ? "a=setup:passive" : "a=setup:active";
    fail_unless(pair.answerer.description.find(answer) != std::string::npos);
    fail_unless(talk(loop, pair));
  }
}
GST_END_TEST;

// Rule: a channel that both sides have agreed on beforehand opens on its stream without DCEP, and
// one that the other side's association has no stream for does not.
GST_START_TEST(negotiated_channels_open) {
  for (std::uint16_t stream : {0, 5, 15}) {
    test::Loop loop;
    auto options = test::loopback_options();
    options.negotiated_stream = stream;
    Pair pair(loop.context(), options);
    pair.start();
    fail_unless(loop.run_until([&] { return pair.open(); }), "%d: %s", stream,
                pair.offerer.reason.c_str());
    fail_unless(talk(loop, pair));
    fail_unless_equals_int(pair.against_rules(), 0);
  }
  test::Loop loop;
  auto options = test::loopback_options();
  options.negotiated_stream = 16;
  Pair pair(loop.context(), options);
  pair.start();
  fail_unless(loop.run_until([&] { return pair.closed(); }));
}
GST_END_TEST;

// Rule: each side's max-message-size bounds what the other sends; without the attribute it is 64
// KiB (RFC 8841 section 6.1).
GST_START_TEST(max_message_size_is_respected_both_ways) {
  test::Loop loop;
  auto little = test::loopback_options(), much = test::loopback_options();
  little.max_message = 1000;
  much.max_message = 100'000;
  UnlikePair pair(loop.context(), little, much);
  fail_unless(loop.run_until([&] { return pair.open(); }));
  fail_if(pair.answerer.send(Peer::Bytes(1001, 1)));
  fail_unless(pair.answerer.send(Peer::Bytes(1000, 1)));
  fail_if(pair.offerer.send(Peer::Bytes(100'001, 1)));
  fail_unless(pair.offerer.send(Peer::Bytes(100'000, 1)));
  fail_unless(loop.run_until(
      [&] { return !pair.offerer.messages.empty() && !pair.answerer.messages.empty(); }));

  Pair silent(loop.context());
  silent.change_answer = [](std::string sdp) {
    return replaced(sdp, "a=max-message-size:262144\r\n", "");
  };
  silent.start();
  fail_unless(loop.run_until([&] { return silent.open(); }));
  fail_if(silent.offerer.send(Peer::Bytes(65'537, 1)));
  fail_unless(silent.offerer.send(Peer::Bytes(65'536, 1)));
}
GST_END_TEST;

// Rule: who sends more than agreed is closed.
GST_START_TEST(a_message_larger_than_agreed_closes) {
  test::Loop loop;
  auto options = test::loopback_options();
  options.max_message = 1000;
  Pair pair(loop.context(), options);
  pair.change_answer = [](std::string sdp) {
    return replaced(sdp, "max-message-size:1000", "max-message-size:9000");
  };
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }));
  fail_unless(pair.offerer.send(Peer::Bytes(5000, 1)));
  fail_unless(loop.run_until([&] { return pair.closed(); }, 3s));
  fail_unless(pair.answerer.reason.find("larger than agreed") != std::string::npos);
}
GST_END_TEST;

// Rule: an end of candidates in a description is no hindrance.
GST_START_TEST(an_end_of_candidates_is_read_over) {
  test::Loop loop;
  Pair pair(loop.context());
  auto add = [](std::string sdp) {
    return replaced(sdp, "a=ice-ufrag", "a=end-of-candidates\r\na=ice-ufrag");
  };
  pair.change_offer = pair.change_answer = add;
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }));
}
GST_END_TEST;

// Rule: a connection over IPv6 is like any other.
GST_START_TEST(a_connection_over_ipv6) {
  std::ifstream file("/proc/net/if_inet6");
  if (std::string(std::istreambuf_iterator<char>(file), {}).find(" lo") == std::string::npos)
    return g_message("no IPv6 on this machine's loopback: not tested");
  test::Loop loop;
  auto options = test::loopback_options();
  options.local_addresses = {"::1"};
  Pair pair(loop.context(), options);
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }));
  fail_unless(pair.offerer.description.find(" ::1 ") != std::string::npos);
  fail_unless(talk(loop, pair));
}
GST_END_TEST;

static Suite* conformance_suite() {
  auto* suite = suite_create("conformance");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, either_side_is_dtls_client);
  tcase_add_test(tcase, negotiated_channels_open);
  tcase_add_test(tcase, max_message_size_is_respected_both_ways);
  tcase_add_test(tcase, a_message_larger_than_agreed_closes);
  tcase_add_test(tcase, an_end_of_candidates_is_read_over);
  tcase_add_test(tcase, a_connection_over_ipv6);
  return suite;
}

GST_CHECK_MAIN(conformance)
