// MqttClient against a real mosquitto.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "net/mqtt_client.h"

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "processes/free_port.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"

#include "loop.h"
#include "raw_server.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;

namespace {

struct Peer {
  unsigned ready = 0;
  std::vector<std::string> lost;
  std::vector<std::pair<std::string, std::string>> messages;
  std::unique_ptr<net::MqttClient> client;

  Peer(test::Loop& loop, std::uint16_t port, const std::string& id,
       const std::string& host = "127.0.0.1", std::string inbox = {}) {
    net::MqttClient::Options options;
    options.host = host;
    options.port = port;
    options.client_id = id;
    options.inbox = inbox.empty() ? "inbox/" + id : inbox;
    options.backoff_first = 50ms;
    options.backoff_most = 200ms;
    net::MqttClient::Events events;
    events.ready = [this] { ++ready; };
    events.lost = [this](std::string reason) { lost.push_back(reason); };
    events.message = [this](std::string_view topic, std::span<const std::uint8_t> payload) {
      messages.emplace_back(topic, std::string(payload.begin(), payload.end()));
    };
    client = std::make_unique<net::MqttClient>(loop.context(), options, events);
  }
  bool say(const std::string& to, const std::string& text) {
    return client->publish(to, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
};

struct Broker {
  processes::TemporaryDirectory directory{"p2plive-mqtt-test"};
  processes::Service mosquitto;

  void start(std::uint16_t port = 0) {
    processes::ServiceOptions options;
    options.directory = directory.path();
    options.port = port;
    auto started = processes::start_mosquitto(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    mosquitto = std::move(*started);
  }
};

/// The broker's side of CONNECT and SUBSCRIBE, answered with `granted`.
void welcome(test::RawConnection& connection, char granted) {
  auto packet = [&] { // lengths under 128, as they are here
    auto head = connection.read_exactly(2);
    return head.size() < 2 ? head : head + connection.read_exactly(head[1]);
  };
  packet();
  connection.write(std::string("\x20\x02\0\0", 4));
  const auto subscribe = packet();
  if (subscribe.size() >= 4)
    connection.write(std::string("\x90\x03", 2) + subscribe.substr(2, 2) + granted);
}

/// A listening socket of 127.0.0.1 that accepts nothing.
struct Listener {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
  std::vector<int> fillers;

  explicit Listener(int backlog) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    fail_unless(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    fail_unless(listen(fd, backlog) == 0);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~Listener() {
    for (int filler : fillers)
      close(filler);
    close(fd);
  }
  /// Fills the queue: further connections are neither accepted nor refused.
  void fill() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    for (int i = 0; i < 8; ++i) {
      fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }
};

} // namespace

// Rule: ready means that messages to the inbox arrive, whole and in order.
GST_START_TEST(messages_arrive) {
  Broker broker;
  broker.start();
  test::Loop loop;
  Peer a(loop, broker.mosquitto.port, "a"), b(loop, broker.mosquitto.port, "b", "localhost");
  fail_if(a.client->ready());
  fail_if(a.say("inbox/b", "too early"));
  fail_unless(loop.run_until([&] { return a.ready == 1 && b.ready == 1; }));
  fail_unless(a.client->ready());
  fail_unless(a.say("inbox/b", ""));
  for (int i = 0; i < 50; ++i)
    fail_unless(a.say("inbox/b", std::to_string(i) + std::string(2000, 'x')));
  fail_unless(loop.run_until([&] { return b.messages.size() == 51; }));
  fail_unless(b.messages[0].second.empty());
  for (int i = 0; i < 50; ++i)
    fail_unless(b.messages[i + 1] ==
                std::pair(std::string("inbox/b"), std::to_string(i) + std::string(2000, 'x')));
  fail_unless(a.messages.empty());
}
GST_END_TEST;

// Rule: what cannot be sent is refused at once, and harms nothing.
GST_START_TEST(impossible_messages_are_refused) {
  Broker broker;
  broker.start();
  test::Loop loop;
  Peer a(loop, broker.mosquitto.port, "a");
  fail_unless(loop.run_until([&] { return a.ready == 1; }));
  fail_if(a.say("inbox/#", "a wildcard"));
  fail_if(a.say("", "no topic"));
  fail_if(a.say("inbox/a", std::string(64 * 1024 + 1, 'x')));
  fail_unless(a.say("inbox/a", "to myself"));
  fail_unless(loop.run_until([&] { return a.messages.size() == 1; }));
  fail_unless(a.lost.empty());
}
GST_END_TEST;

// Rule: when the broker dies, it is told; when it is back, the client is ready again, its inbox
// subscribed; the loop never stands still meanwhile.
GST_START_TEST(a_broker_dies_and_comes_back) {
  Broker broker;
  broker.start();
  const auto port = broker.mosquitto.port;
  test::Loop loop;
  Peer a(loop, port, "a"), b(loop, port, "b");
  fail_unless(loop.run_until([&] { return a.ready == 1 && b.ready == 1; }));
  for (unsigned round = 2; round <= 3; ++round) {
    broker.mosquitto.process.kill();
    loop.watch_gaps();
    fail_unless(loop.run_until([&] { return !a.client->ready() && !b.client->ready(); }));
    fail_if(a.say("inbox/b", "nobody is there"));
    const auto failures = a.lost.size();
    fail_unless(loop.run_until([&] { return a.lost.size() >= failures + 2; })); // goes on trying
    const auto gap = loop.worst_gap();
    fail_unless(gap <= 100ms, "the loop stood still for %d ms", int(gap.count()));
    broker.start(port);
    fail_unless(loop.run_until([&] { return a.ready == round && b.ready == round; }));
    fail_unless(a.say("inbox/b", "again"));
    fail_unless(loop.run_until([&] { return b.messages.size() == round - 1; }));
  }
}
GST_END_TEST;

// Rule: connecting blocks nothing: not to a port that does not answer, not to one that says
// nothing, not to one that refuses, and not to a name that is none. Destroying it then is at once.
GST_START_TEST(nothing_blocks) {
  Listener full(0), mute(16);
  full.fill();
  test::Loop loop;
  loop.watch_gaps();
  const auto refusing = processes::free_port();
  {
    Peer unanswered(loop, full.port, "a"), unheard(loop, mute.port, "b");
    Peer refused(loop, refusing, "c"), nameless(loop, mute.port, "d", "no.such.host.invalid");
    Peer empty(loop, mute.port, "e", "");
    fail_unless(loop.run_until(
        [&] { return refused.lost.size() >= 3 && !nameless.lost.empty() && !empty.lost.empty(); }));
    loop.run_for(500ms);
    fail_unless(unanswered.lost.empty() && unheard.lost.empty(), "still within their time");
    fail_unless_equals_int(unanswered.ready + unheard.ready + refused.ready + nameless.ready, 0);
  }
  loop.run_for(20ms);
  const auto gap = loop.worst_gap();
  fail_unless(gap <= 100ms, "the loop stood still for %d ms", int(gap.count()));
}
GST_END_TEST;

// Rule: a broker that says nothing is given up after ten seconds, and tried again.
GST_START_TEST(silence_is_bounded) {
  test::RawServer mute([](auto& connection) { connection.hold(); });
  test::Loop loop;
  Peer peer(loop, mute.port(), "a");
  fail_unless(loop.run_until([&] { return !peer.lost.empty(); }, 15s));
  loop.watch_gaps(); // looks every 5 ms
  fail_unless(loop.run_until([&] { return mute.accepted() == 2; }));
}
GST_END_TEST;

// Rule: an event may destroy its client, and nothing is told after that.
GST_START_TEST(an_event_may_destroy_the_client) {
  Broker broker;
  broker.start();
  test::Loop loop;
  for (int which = 0; which < 3; ++which) {
    net::MqttClient::Options options;
    options.host = "127.0.0.1";
    options.port = which == 2 ? processes::free_port() : broker.mosquitto.port;
    options.client_id = options.inbox = "z" + std::to_string(which);
    std::unique_ptr<net::MqttClient> client;
    int after = 0;
    bool gone = false;
    auto step = [&](int here, auto&& otherwise) {
      after += gone;
      if (here != which)
        return otherwise();
      gone = true;
      client = nullptr;
    };
    net::MqttClient::Events events;
    const std::vector<std::uint8_t> byte{1};
    events.ready = [&] {
      step(0, [&] {
        for (int i = 0; i < 5; ++i)
          client->publish(options.inbox, byte);
      });
    };
    events.message = [&](auto, auto) { step(1, [] {}); };
    events.lost = [&](auto) { step(2, [] {}); };
    client = std::make_unique<net::MqttClient>(loop.context(), options, events);
    fail_unless(loop.run_until([&] { return gone; }));
    loop.run_for(50ms);
    fail_unless_equals_int(after, 0);
  }
}
GST_END_TEST;

// Rule: a client that is destroyed says goodbye (MQTT 3.1.1, section 3.14), so that no will of its
// own is sent and the broker sees no broken connection.
GST_START_TEST(goodbye_is_orderly) {
  std::promise<std::string> last_words;
  test::RawServer broker([&](auto& connection) {
    welcome(connection, '\0');
    last_words.set_value(connection.read_exactly(3));
  });
  test::Loop loop;
  {
    Peer peer(loop, broker.port(), "a");
    fail_unless(loop.run_until([&] { return peer.ready == 1; }));
  }
  fail_unless(last_words.get_future().get() == std::string("\xe0\0", 2));
}
GST_END_TEST;

// Rule: without the inbox there is no ready; the refusal shows only in SUBACK.
GST_START_TEST(a_refused_inbox_is_not_ready) {
  test::RawServer broker([&](auto& connection) {
    welcome(connection, '\x80');
    connection.hold();
  });
  test::Loop loop;
  Peer peer(loop, broker.port(), "a");
  fail_unless(loop.run_until([&] { return peer.lost.size() == 2; })); // and tries again
  fail_unless_equals_int(peer.ready, 0);
}
GST_END_TEST;

// Rule: a payload beyond 64 KiB is dropped, and what follows it still arrives.
GST_START_TEST(large_payloads_are_dropped) {
  test::RawServer broker([&](auto& connection) {
    welcome(connection, '\0');
    // PUBLISH to "t": remaining length 65540 = 3 + 65537, in base 128 (section 2.2.3).
    connection.write(std::string("\x30\x84\x80\x04\0\1t", 7) + std::string(65'537, 'x'));
    connection.write(std::string("\x30\x05\0\1tok", 7));
    connection.hold();
  });
  test::Loop loop;
  Peer peer(loop, broker.port(), "a");
  fail_unless(loop.run_until([&] { return !peer.messages.empty(); }));
  fail_unless(peer.messages[0] == std::pair(std::string("t"), std::string("ok")));
}
GST_END_TEST;

static Suite* mqtt_client_suite() {
  auto* suite = suite_create("mqtt_client");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, messages_arrive);
  tcase_add_test(tcase, impossible_messages_are_refused);
  tcase_add_test(tcase, a_broker_dies_and_comes_back);
  tcase_add_test(tcase, nothing_blocks);
  tcase_add_test(tcase, silence_is_bounded);
  tcase_add_test(tcase, an_event_may_destroy_the_client);
  tcase_add_test(tcase, goodbye_is_orderly);
  tcase_add_test(tcase, a_refused_inbox_is_not_ready);
  tcase_add_test(tcase, large_payloads_are_dropped);
  return suite;
}

GST_CHECK_MAIN(mqtt_client)
