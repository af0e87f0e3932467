// Peers: two viewers' connections to each other, their signals carried by hand.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/peers.h"

#include "../net/loop.h"
#include "filled_id.h"

#include <memory>
#include <variant>
#include <vector>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::id;
using viewer::Signal;

namespace {

struct Side {
  core::PeerId self;
  std::vector<Signal> said;
  std::function<void(const Signal&)> carry;
  std::vector<core::PeerId> added;
  std::vector<std::pair<core::PeerId, std::string>> removed;
  std::unique_ptr<viewer::Mind> mind;
  std::unique_ptr<viewer::Peers> peers;

  Side(GMainContext* context, std::uint8_t number, unsigned max_peers = 8,
       std::shared_ptr<const net::Certificate> certificate = {})
      : self(id<core::PeerId>(number)) {
    core::Settings settings;
    settings.self = self;
    mind = std::make_unique<viewer::Mind>(settings, [this] { pump(); });
    peers = std::make_unique<viewer::Peers>(
        context, *mind, max_peers,
        [this](Signal signal) {
          signal.from = self;
          said.push_back(signal);
          if (carry)
            carry(signal);
          return true;
        },
        std::move(certificate),
        viewer::Peers::Watch{
            .added = [this](const core::PeerId& peer) { added.push_back(peer); },
            .removed = [this](const core::PeerId& peer,
                              const std::string& reason) { removed.emplace_back(peer, reason); }});
    peers->use({{}, {"127.0.0.1"}});
    mind->tell(&core::Swarm::joined, id<core::Rid>(9));
  }
  void pump() {
    for (auto& action : mind->swarm().take_actions()) {
      if (auto* send = std::get_if<core::Send>(&action))
        peers->send(*send);
      else if (auto* leave = std::get_if<core::Disconnect>(&action))
        peers->disconnect(leave->peer, leave->reason);
    }
  }
  unsigned open() const { return mind->swarm().statistics().peers; }
};

struct Acquaintance {
  explicit Acquaintance(GMainContext* context) : a(context, 1), b(context, 2) {
    a.carry = [this](const Signal& signal) { b.peers->arrived(signal); };
    b.carry = [this](const Signal& signal) { a.peers->arrived(signal); };
    a.peers->connect(b.self);
  }
  bool open() const { return a.open() == 1 && b.open() == 1; }
  Side a, b;
};

} // namespace

// Rule: a restart of ICE is an offer and an answer of the session that there is, and both stay
// connected.
GST_START_TEST(a_restart_keeps_session_and_connection) {
  test::Loop loop;
  Acquaintance two(loop.context());
  fail_unless(loop.run_until([&] { return two.open(); }));
  auto said = two.b.said.size();
  two.a.peers->restart();
  fail_unless(loop.run_until([&] { return two.b.said.size() > said; }));
  auto &offer = two.a.said.back(), &answer = two.b.said.back();
  fail_unless(offer.kind == Signal::Kind::offer && answer.kind == Signal::Kind::answer);
  fail_unless(offer.session == two.a.said.front().session && answer.session == offer.session);
  fail_if(loop.run_until([&] { return !two.open(); }, 300ms));
}
GST_END_TEST;

// Rule: for an open connection anybody's offer of another session is refused, and one that has the
// session right and the certificate wrong is passed over; the connection does not notice.
GST_START_TEST(strangers_do_not_restart) {
  test::Loop loop;
  Acquaintance two(loop.context());
  fail_unless(loop.run_until([&] { return two.open(); }));
  Side stranger(loop.context(), 3, 8, net::Certificate::generate());
  stranger.peers->connect(two.b.self);
  fail_unless(loop.run_until([&] { return !stranger.said.empty(); }));
  auto forged = stranger.said.front();
  forged.from = two.a.self;
  two.b.said.clear();
  two.b.carry = {};
  two.b.peers->arrived(forged);
  fail_unless_equals_int(int(two.b.said.size()), 1);
  fail_unless(two.b.said.front().kind == Signal::Kind::refuse);
  forged.session = two.a.said.front().session;
  two.b.peers->arrived(forged);
  forged.kind = Signal::Kind::answer;
  two.b.peers->arrived(forged);
  fail_if(loop.run_until([&] { return !two.open() || two.b.said.size() > 1; }, 300ms));
}
GST_END_TEST;

// Rule: the viewers of one process show one certificate, but for one that was given its own.
GST_START_TEST(a_process_has_one_certificate) {
  test::Loop loop;
  Acquaintance two(loop.context());
  fail_unless(loop.run_until([&] { return two.open(); }));
  auto fingerprint = [](const std::string& sdp) {
    auto at = sdp.find("a=fingerprint:");
    return sdp.substr(at, sdp.find("\r\n", at) - at);
  };
  auto shared = fingerprint(two.a.said.front().sdp);
  fail_unless(shared.size() > 90 && shared == fingerprint(two.b.said.front().sdp));
  auto& a = two.a;
  Signal said;
  auto own = net::Certificate::generate();
  viewer::Peers other(
      loop.context(), *a.mind, 8,
      [&](Signal signal) {
        said = std::move(signal);
        return true;
      },
      own);
  other.use({{}, {"127.0.0.1"}});
  other.connect(id<core::PeerId>(7));
  fail_unless(loop.run_until([&] { return !said.sdp.empty(); }));
  fail_unless(fingerprint(said.sdp).ends_with(own->fingerprint()));
  fail_if(fingerprint(said.sdp) == shared);
}
GST_END_TEST;

// Rule: the certificate, which takes a while to make, is made for the first connection and kept;
// the first bytes of the stream do not wait for it.
GST_START_TEST(the_certificate_waits_for_the_first_connection) {
  test::Loop loop;
  Side side(loop.context(), 1);
  // Gone with the last who holds it: two that are the same were held by `side`.
  auto shared = [] { return net::Certificate::share()->fingerprint(); };
  auto before = shared();
  fail_if(shared() == before);
  side.peers->connect(id<core::PeerId>(2));
  auto held = shared();
  fail_unless(shared() == held);
}
GST_END_TEST;

// Rule: transports gather in advance while connections are wanted: not before it is known where,
// not with as many peers as there may be, and not by one that leaves.
GST_START_TEST(gathers_only_what_is_wanted) {
  test::Loop loop;
  core::Settings settings;
  viewer::Mind mind(settings, [] {});
  viewer::Peers nowhere(loop.context(), mind, 8, [](Signal) { return true; });
  Side a(loop.context(), 1, 1), b(loop.context(), 2, 8);
  a.carry = [&](const Signal& signal) { b.peers->arrived(signal); };
  b.carry = [&](const Signal& signal) { a.peers->arrived(signal); };
  auto gathers = [&](std::size_t by_a, std::size_t by_b) {
    return loop.run_until(
        [&] { return a.peers->gathering() == by_a && b.peers->gathering() == by_b; });
  };
  fail_unless(gathers(1, 3));
  a.peers->connect(b.self);
  fail_unless(loop.run_until([&] { return a.open() == 1 && b.open() == 1; }));
  fail_unless(gathers(0, 3));
  a.peers->set_max_peers(5);
  fail_unless(gathers(3, 3));
  b.peers->leave();
  fail_unless(gathers(3, 0));
  b.peers->disconnect(a.self, "leaving");
  fail_unless(loop.run_until([&] { return a.open() == 0; }));
  fail_if(loop.run_until([&] { return b.peers->gathering() > 0; }, 100ms));
  fail_unless_equals_int(int(nowhere.gathering()), 0);
}
GST_END_TEST;

// Rule: connections are told of when they are open, and once more, with the reason, when they are
// not; attempts that lead to nothing are not.
GST_START_TEST(open_connections_are_told_of) {
  test::Loop loop;
  Side a(loop.context(), 1), b(loop.context(), 2);
  a.peers->connect(id<core::PeerId>(7)); // nobody answers
  a.peers->disconnect(id<core::PeerId>(7), "no");
  a.carry = [&](const Signal& signal) { b.peers->arrived(signal); };
  b.carry = [&](const Signal& signal) { a.peers->arrived(signal); };
  a.peers->connect(b.self);
  fail_unless(a.added.empty());
  fail_unless(loop.run_until([&] { return !a.added.empty() && !b.added.empty(); }));
  fail_unless(a.added == std::vector{b.self} && b.added == std::vector{a.self});
  fail_unless(a.removed.empty() && b.removed.empty());
  a.peers->disconnect(b.self, "enough");
  fail_unless(a.removed.size() == 1 && a.removed[0] == std::pair(b.self, std::string("enough")));
  fail_unless(loop.run_until([&] { return !b.removed.empty(); }));
  fail_unless(b.removed.size() == 1 && b.removed[0].first == a.self);
  fail_if(b.removed[0].second.empty());
}
GST_END_TEST;

static Suite* peers_suite() {
  auto* suite = suite_create("peers");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_restart_keeps_session_and_connection);
  tcase_add_test(tcase, strangers_do_not_restart);
  tcase_add_test(tcase, a_process_has_one_certificate);
  tcase_add_test(tcase, the_certificate_waits_for_the_first_connection);
  tcase_add_test(tcase, gathers_only_what_is_wanted);
  tcase_add_test(tcase, open_connections_are_told_of);
  return suite;
}

GST_CHECK_MAIN(peers)
