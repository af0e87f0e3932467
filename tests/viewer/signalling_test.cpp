// Signalling through a real mosquitto.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/signalling.h"

#include <vector>

#include "../net/loop.h"
#include "filled_id.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::id;
using viewer::Signal;
using viewer::Signalling;

namespace {

struct Broker {
  processes::TemporaryDirectory directory{"p2plive-signalling-test"};
  processes::Service mosquitto;
  Broker() { start(0); }
  void start(std::uint16_t port) {
    processes::ServiceOptions options;
    options.directory = directory.path();
    options.port = port;
    auto started = processes::start_mosquitto(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    mosquitto = std::move(*started);
  }
  std::vector<viewer::ServiceAddress> addresses() const {
    return {{"127.0.0.1", mosquitto.port, false}};
  }
};

struct Inbox {
  core::PeerId self;
  std::vector<Signal> arrived;
  Signalling signalling;
  Inbox(test::Loop& loop, std::uint8_t name, std::uint8_t rid = 100)
      : self(id<core::PeerId>(name)),
        signalling(loop.context(), self, id<core::Rid>(rid),
                   {.arrived = [this](const Signal& signal) { arrived.push_back(signal); }}) {}
};

Signal refuse(const core::PeerId& to, std::uint64_t session) {
  Signal signal;
  signal.kind = Signal::Kind::refuse;
  signal.to = to;
  signal.session = session;
  return signal;
}

/// Publishes what it is told to, as a stranger at the broker can.
struct Stranger {
  net::MqttClient client;
  Stranger(test::Loop& loop, const Broker& broker)
      : client(loop.context(),
               {.host = "127.0.0.1",
                .port = broker.mosquitto.port,
                .client_id = "stranger",
                .inbox = "stranger"},
               {.ready = [] {},
                .lost = [](const std::string&) {},
                .message = [](std::string_view, std::span<const std::uint8_t>) {}}) {}
  void send(const core::PeerId& to, Signal signal, std::uint8_t from, std::uint8_t rid = 100) {
    signal.from = id<core::PeerId>(from);
    signal.rid = id<core::Rid>(rid);
    fail_unless(client.publish(viewer::inbox_of(to), viewer::encode(signal)));
  }
};

} // namespace

// Rule: two viewers of one resource reach each other's inboxes.
GST_START_TEST(signals_reach_inboxes) {
  Broker broker;
  test::Loop loop;
  Inbox a(loop, 1), b(loop, 2);
  fail_if(a.signalling.send(refuse(b.self, 7))); // not connected yet
  for (auto* inbox : {&a, &b})
    inbox->signalling.use(broker.addresses());
  fail_unless(loop.run_until([&] { return a.signalling.ready() && b.signalling.ready(); }));
  fail_unless(a.signalling.send(refuse(b.self, 8)));
  fail_unless(loop.run_until([&] { return !b.arrived.empty(); }));
  fail_unless_equals_int(b.arrived.size(), 1);
  fail_unless(b.arrived[0].from == a.self && b.arrived[0].session == 8);
}
GST_END_TEST;

// Rule: rubbish, another resource's signals, those meant for others and those "from oneself" are
// ignored.
GST_START_TEST(what_is_not_for_us_is_ignored) {
  Broker broker;
  test::Loop loop;
  Inbox a(loop, 1);
  a.signalling.use(broker.addresses());
  Stranger stranger(loop, broker);
  fail_unless(loop.run_until([&] { return a.signalling.ready() && stranger.client.ready(); }));
  std::vector<std::uint8_t> rubbish(500, 0x5a);
  fail_unless(stranger.client.publish(viewer::inbox_of(a.self), rubbish));
  fail_unless(stranger.client.publish(viewer::inbox_of(a.self), {}));
  stranger.send(a.self, refuse(a.self, 1), 9, 101);         // another resource
  stranger.send(a.self, refuse(id<core::PeerId>(5), 2), 9); // for somebody else
  stranger.send(a.self, refuse(a.self, 3), 1);              // from oneself
  stranger.send(a.self, refuse(a.self, 4), 9);              // the good one
  fail_unless(loop.run_until([&] { return !a.arrived.empty(); }));
  fail_unless_equals_int(a.arrived.size(), 1);
  fail_unless_equals_uint64(a.arrived[0].session, 4);
}
GST_END_TEST;

// Rule: a sender who floods is cut off; others still come through.
GST_START_TEST(a_flood_is_bounded) {
  Broker broker;
  test::Loop loop;
  Inbox a(loop, 1);
  a.signalling.use(broker.addresses());
  Stranger stranger(loop, broker);
  fail_unless(loop.run_until([&] { return a.signalling.ready() && stranger.client.ready(); }));
  for (int i = 0; i < 100; ++i)
    stranger.send(a.self, refuse(a.self, 1), 9);
  stranger.send(a.self, refuse(a.self, 2), 8);
  auto others = [&] { return !a.arrived.empty() && a.arrived.back().session == 2; };
  fail_unless(loop.run_until(others));
  fail_unless(a.arrived.size() < 30, "%zu came through", a.arrived.size());
}
GST_END_TEST;

// Rule: a broker that died is used again when it is back.
GST_START_TEST(a_dead_broker_comes_back) {
  Broker broker;
  test::Loop loop;
  Inbox a(loop, 1), b(loop, 2);
  for (auto* inbox : {&a, &b})
    inbox->signalling.use(broker.addresses());
  auto ready = [&] { return a.signalling.ready() && b.signalling.ready(); };
  fail_unless(loop.run_until(ready));
  auto port = broker.mosquitto.port;
  broker.mosquitto.process.kill();
  fail_unless(loop.run_until([&] { return !a.signalling.ready() && !b.signalling.ready(); }));
  fail_if(a.signalling.send(refuse(b.self, 1)));
  broker.start(port);
  fail_unless(loop.run_until(ready));
  fail_unless(a.signalling.send(refuse(b.self, 2)));
  fail_unless(loop.run_until([&] { return !b.arrived.empty(); }));
}
GST_END_TEST;

static Suite* signalling_suite() {
  auto* suite = suite_create("signalling");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, signals_reach_inboxes);
  tcase_add_test(tcase, what_is_not_for_us_is_ignored);
  tcase_add_test(tcase, a_flood_is_bounded);
  tcase_add_test(tcase, a_dead_broker_comes_back);
  return suite;
}

GST_CHECK_MAIN(signalling)
