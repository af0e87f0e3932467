// PeerConnection: ICE restarts on an open connection, over 127.0.0.1.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include "net/sdp.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using Bytes = test::Peer::Bytes;

namespace {

/// A Peer that writes down what it says about restarts.
struct Restarter : test::Peer {
  explicit Restarter(GMainContext* context)
      : Peer(context, test::loopback_options(), [this](net::PeerConnectionEvents& events) {
          events.restart_description = [this](bool offers, std::string sdp) {
            (offers ? restart_offer : restart_answer) = sdp;
            if (on_restart)
              on_restart(offers, sdp);
          };
        }) {}
  std::function<void(bool offers, const std::string& sdp)> on_restart;
  std::string restart_offer, restart_answer;
};

struct RestartingPair {
  explicit RestartingPair(GMainContext* context) : a(context), b(context) {
    join(a, b);
    join(b, a);
  }
  void join(Restarter& from, Restarter& to) {
    from.on_description = [&](const std::string& sdp) {
      if (&from == &a)
        to.connection->accept_offer(sdp);
      else
        to.connection->accept_answer(sdp);
    };
    from.on_restart = [&](bool offers, const std::string& sdp) {
      if (offers)
        to.connection->accept_offer(sdp);
      else
        to.connection->accept_answer(sdp);
    };
  }
  bool open(test::Loop& loop) {
    a.connection->offer();
    return loop.run_until([&] { return a.opened && b.opened; });
  }
  bool restarting() const { return a.connection->restarting() || b.connection->restarting(); }
  /// A message each way arrives.
  bool talk(test::Loop& loop) {
    auto had_a = a.messages.size(), had_b = b.messages.size();
    return a.send({1}) && b.send({2}) &&
           loop.run_until([&] { return a.messages.size() > had_a && b.messages.size() > had_b; });
  }
  Restarter a, b;
};

std::string value_of(const std::string& sdp, const std::string& key) {
  auto at = sdp.find(key);
  return at == sdp.npos ? "" : sdp.substr(at, sdp.find('\r', at) - at);
}

} // namespace

// Rule: either side restarts ICE, also again: new credentials and sockets, the same certificate and
// DTLS roles, nothing lost and nobody told that the connection had closed or opened.
GST_START_TEST(both_sides_can_restart) {
  test::Loop loop;
  RestartingPair pair(loop.context());
  fail_unless(pair.open(loop));
  for (auto* initiator : {&pair.a, &pair.b, &pair.a}) {
    auto& other = initiator == &pair.a ? pair.b : pair.a;
    auto before = other.messages.size();
    initiator->during([](auto& connection) { connection.restart_ice(); });
    fail_unless(pair.restarting());
    int sent = 0;
    fail_unless(loop.run_until([&] { // messages flow all the while
      sent += initiator->send(Bytes(1000, 7));
      return !pair.restarting();
    }));
    fail_unless(
        loop.run_until([&] { return other.messages.size() == before + std::size_t(sent); }));
    auto offer = net::read_sdp(initiator->restart_offer);
    auto answer = net::read_sdp(other.restart_answer);
    fail_unless(offer && answer);
    fail_unless(offer->setup == net::SessionDescription::Setup::actpass);
    auto client = &other == &pair.b; // the first answerer was
    fail_unless(answer->setup == (client ? net::SessionDescription::Setup::active
                                         : net::SessionDescription::Setup::passive));
    fail_unless(pair.talk(loop));
  }
  loop.run_for(2500ms); // the path before is let go
  fail_unless(pair.talk(loop));
  fail_unless_equals_int(pair.a.opened + pair.b.opened, 2);
  fail_unless_equals_int(pair.a.against_rules + pair.b.against_rules, 0);
}
GST_END_TEST;

// Rule: the session keeps its id, and its version grows (RFC 8829 section 5.2.2); credentials
// change.
GST_START_TEST(a_restart_is_a_new_version_of_the_session) {
  test::Loop loop;
  RestartingPair pair(loop.context());
  fail_unless(pair.open(loop));
  pair.a.connection->restart_ice();
  fail_unless(loop.run_until([&] { return !pair.restarting(); }));
  auto origin = value_of(pair.a.description, "o="), later = value_of(pair.a.restart_offer, "o=");
  auto id = origin.substr(0, origin.find(' ', 4));
  fail_unless(later.starts_with(id + " 3 "), "%s, %s", origin.c_str(), later.c_str());
  fail_unless(value_of(pair.a.description, "a=ice-ufrag:") !=
              value_of(pair.a.restart_offer, "a=ice-ufrag:"));
}
GST_END_TEST;

// Rule: the first offerer's restart counts when both begin at once.
GST_START_TEST(restarts_that_cross_are_settled) {
  test::Loop loop;
  RestartingPair pair(loop.context());
  fail_unless(pair.open(loop));
  pair.a.connection->restart_ice();
  pair.b.connection->restart_ice();
  fail_unless(loop.run_until([&] { return !pair.restarting(); }));
  fail_unless(pair.talk(loop));
  fail_if(pair.b.restart_answer.empty());
  fail_unless(pair.a.restart_answer.empty());
}
GST_END_TEST;

// Rule: an offer that is not the other side's own is passed over and changes nothing: garbage,
// another certificate, the description that is in force.
GST_START_TEST(strangers_restart_nothing) {
  test::Loop loop;
  RestartingPair pair(loop.context());
  fail_unless(pair.open(loop));
  test::Peer stranger(loop.context(), [] {
    auto options = test::loopback_options();
    options.certificate = net::Certificate::generate();
    return options;
  }());
  stranger.connection->offer();
  fail_unless(loop.run_until([&] { return !stranger.description.empty(); }));
  for (auto& sdp : {std::string("v=0"), stranger.description, pair.a.description}) {
    pair.b.during([&](auto& connection) { connection.accept_offer(sdp); });
    pair.b.during([&](auto& connection) { connection.accept_answer(sdp); });
    fail_if(pair.b.connection->restarting());
  }
  fail_unless(pair.talk(loop));
  fail_unless(pair.b.restart_answer.empty());
}
GST_END_TEST;

// Rule: a restart that nobody answers leaves the old path as it is.
GST_START_TEST(an_unanswered_restart_changes_nothing) {
  test::Loop loop;
  RestartingPair pair(loop.context());
  fail_unless(pair.open(loop));
  pair.a.on_restart = {};
  pair.a.connection->restart_ice();
  fail_unless(loop.run_until([&] { return !pair.a.restart_offer.empty(); }));
  fail_unless(pair.talk(loop));
  fail_if(loop.run_until([&] { return !pair.restarting(); }, 14s));
  fail_unless(loop.run_until([&] { return !pair.restarting(); }, 2s));
  fail_unless(pair.talk(loop));
}
GST_END_TEST;

static Suite* ice_restart_suite() {
  auto* suite = suite_create("ice_restart");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, both_sides_can_restart);
  tcase_add_test(tcase, a_restart_is_a_new_version_of_the_session);
  tcase_add_test(tcase, restarts_that_cross_are_settled);
  tcase_add_test(tcase, strangers_restart_nothing);
  tcase_add_test(tcase, an_unanswered_restart_changes_nothing);
  return suite;
}

GST_CHECK_MAIN(ice_restart)
