// IceReserve: transports gathered in advance, with a STUN server that answers when it is told to.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/ice_reserve.h"

#include "net/fd_watch.h"

#include "peer_pair.h"
#include "process_figures.h"
#include "stun_answer.h"

#include <memory>
#include <optional>
#include <unistd.h>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using net::IceReserve;
using net::IceTransport;

namespace {

/// Says that everybody is seen as a public address.
class Stun {
public:
  static constexpr const char* seen_as = "192.0.2.77"; // RFC 5737

  explicit Stun(test::Loop& loop)
      : socket_(test::udp_socket(port_)),
        watch_(std::in_place, loop.context(), socket_, [this](auto) { asked(); }) {}
  ~Stun() {
    watch_.reset();
    close(socket_);
  }

  net::StunServer address() const { return {"127.0.0.1", port_}; }

  bool answers = true;
  int requests = 0;

private:
  void asked() {
    std::uint8_t request[512];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    auto count = recvfrom(socket_, request, sizeof request, MSG_DONTWAIT, address, &size);
    if (count <= 0)
      return;
    ++requests;
    auto seen = from;
    inet_pton(AF_INET, seen_as, &seen.sin_addr);
    auto answer = test::stun_answer({request, std::size_t(count)}, seen);
    if (answer && answers)
      sendto(socket_, answer->data(), answer->size(), 0, address, size);
  }

  std::uint16_t port_ = 0;
  int socket_;
  std::optional<net::FdWatch> watch_;
};

IceTransport::Options at(const Stun& stun) {
  IceTransport::Options options;
  options.stun = stun.address();
  options.local_addresses = {"127.0.0.1"};
  return options;
}

net::PeerConnectionOptions with(std::shared_ptr<IceReserve> reserve, const Stun& stun) {
  auto options = test::loopback_options();
  options.stun = {stun.address()};
  options.reserve = std::move(reserve);
  return options;
}

} // namespace

// Rule: an offer and an answer out of the reserve carry what the STUN server has said, though it
// says nothing more; and the two connect.
GST_START_TEST(nobody_waits_for_stun) {
  test::Loop loop;
  Stun stun(loop);
  auto reserve = std::make_shared<IceReserve>(loop.context());
  reserve->use(at(stun));
  reserve->keep(2);
  fail_unless(loop.run_until([&] { return reserve->gathered() == 2; }));
  stun.answers = false;
  test::Pair pair(loop.context(), with(reserve, stun));
  pair.start();
  // Less than the 800 ms that a silent server may hold up one description.
  fail_unless(loop.run_until([&] { return !pair.answerer.description.empty(); }, 700ms));
  for (auto* peer : {&pair.offerer, &pair.answerer})
    fail_unless(peer->description.find(Stun::seen_as) != std::string::npos, "%s",
                peer->description.c_str());
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
  fail_unless_equals_int(pair.against_rules(), 0);
}
GST_END_TEST;

// Rule: what a silent STUN server has held up in the reserve for long enough holds up nobody else.
GST_START_TEST(nobody_waits_for_a_dead_server_twice) {
  test::Loop loop;
  Stun stun(loop);
  stun.answers = false;
  auto reserve = std::make_shared<IceReserve>(loop.context());
  reserve->use(at(stun));
  reserve->keep(2);
  fail_unless(loop.run_until([&] { return stun.requests > 0; }));
  fail_if(loop.run_until([&] { return reserve->gathered() > 0; }, 800ms));
  test::Pair pair(loop.context(), with(reserve, stun));
  pair.start();
  fail_unless(loop.run_until([&] { return !pair.answerer.description.empty(); }, 700ms));
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
}
GST_END_TEST;

// Rule: there is one for each role, and who takes one has the role asked for in any case, with
// credentials of its own; the places are filled.
GST_START_TEST(roles_are_as_asked_for) {
  test::Loop loop;
  Stun stun(loop);
  IceReserve reserve(loop.context());
  fail_if(reserve.take(true, [] {})); // nothing yet
  reserve.use(at(stun));
  reserve.keep(2);
  for (bool second : {false, true}) { // controlled, or again controlling
    fail_unless(loop.run_until([&] { return reserve.gathered() == 2; }));
    auto one = reserve.take(true, [] {}), other = reserve.take(second, [] {});
    fail_unless(one && other && one->controlling() && other->controlling() == second);
    fail_if(reserve.take(true, [] {}));
    fail_unless(loop.run_until([&] { return reserve.gathered() == 2; }));
    auto third = reserve.take(false, [] {});
    fail_if(other->ufrag() == third->ufrag() || other->local_candidates().empty());
    auto &a = second ? *other : *one, &b = second ? *third : *other;
    a.set_remote_credentials(b.ufrag(), b.password());
    b.set_remote_credentials(a.ufrag(), a.password());
    a.add_remote_candidates(b.local_candidates());
    b.add_remote_candidates(a.local_candidates());
    fail_unless(loop.run_until([&] { return a.connected() && b.connected(); }));
    fail_unless(a.controlling() && !b.controlling());
  }
}
GST_END_TEST;

// Rule: what has grown old is gathered anew, and only so often while nobody takes it.
GST_START_TEST(old_ones_are_replaced_for_a_while) {
  test::Loop loop;
  Stun stun(loop);
  IceReserve reserve(loop.context(), 100ms);
  reserve.use(at(stun));
  reserve.keep(2);
  fail_unless(loop.run_until([&] { return stun.requests == 2; }));
  fail_unless(loop.run_until([&] { return stun.requests == int(2 * IceReserve::most_unused); }));
  fail_unless(loop.run_until([&] { return reserve.kept() == 0; }));
  fail_if(loop.run_until([&] { return reserve.kept() > 0; }, 300ms));
  fail_if(reserve.take(true, [] {}));
  fail_unless(loop.run_until([&] { return reserve.gathered() == 2; })); // somebody needs them
}
GST_END_TEST;

// Rule: after a change of addresses none of the former is given out.
GST_START_TEST(a_change_of_addresses_renews_all) {
  test::Loop loop;
  Stun stun(loop);
  IceReserve reserve(loop.context());
  reserve.use(at(stun));
  reserve.keep(2);
  fail_unless(loop.run_until([&] { return reserve.gathered() == 2; }));
  reserve.use(at(stun)); // no change
  fail_unless_equals_int(int(reserve.gathered()), 2);
  reserve.renew();
  fail_unless_equals_int(int(reserve.kept()), 0);
  fail_unless(loop.run_until([&] { return stun.requests == 4 && reserve.gathered() == 2; }));
  Stun other(loop);
  reserve.use(at(other));
  fail_unless_equals_int(int(reserve.kept()), 0);
  fail_unless(loop.run_until([&] { return other.requests == 2 && reserve.gathered() == 2; }));
}
GST_END_TEST;

// Rule: none is kept when none is wanted, and no socket of those that are let go of stays: unwanted
// ones, renewed ones, taken ones, and what is left at the end.
GST_START_TEST(nothing_stays_open) {
  test::Loop loop;
  Stun stun(loop);
  auto first = std::make_unique<IceTransport>(loop.context(), at(stun), [] {});
  fail_unless(first->gather()); // what libnice and GLib keep for good is there now
  first.reset();
  loop.run_for(100ms);
  auto before = test::open_descriptors();
  {
    IceReserve reserve(loop.context());
    reserve.use(at(stun));
    fail_if(loop.run_until([&] { return reserve.kept() > 0; }, 50ms));
    reserve.keep(3);
    fail_unless(loop.run_until([&] { return reserve.gathered() == 3; }));
    fail_unless(test::open_descriptors() >= before + 3);
    reserve.keep(0);
    fail_unless(loop.run_until([&] { return test::open_descriptors() == before; }));
    for (int i = 0; i < 10; ++i) {
      reserve.keep(3);
      fail_unless(loop.run_until([&] { return reserve.gathered() == 3; }));
      auto taken = reserve.take(i % 2, [] {});
      reserve.renew();
    }
    fail_unless(loop.run_until([&] { return reserve.gathered() == 3; }));
  }
  fail_unless(loop.run_until([&] { return test::open_descriptors() == before; }));
}
GST_END_TEST;

static Suite* ice_reserve_suite() {
  auto* suite = suite_create("ice_reserve");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 30);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, nobody_waits_for_stun);
  tcase_add_test(tcase, nobody_waits_for_a_dead_server_twice);
  tcase_add_test(tcase, roles_are_as_asked_for);
  tcase_add_test(tcase, old_ones_are_replaced_for_a_while);
  tcase_add_test(tcase, a_change_of_addresses_renews_all);
  tcase_add_test(tcase, nothing_stays_open);
  return suite;
}

GST_CHECK_MAIN(ice_reserve)
