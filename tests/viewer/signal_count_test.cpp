// How many signals a connection takes, counted at a real broker by somebody who hears all of them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "viewer/peers.h"
#include "viewer/signalling.h"

#include "../net/loop.h"
#include "filled_id.h"
#include "processes/services.h"
#include "processes/temporary_directory.h"
#include "signal_listener.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::id;
using viewer::Signal;

namespace {

constexpr int most_signals = 3;

/// A viewer without media: its core, its connections and its inbox.
class Member {
public:
  Member(test::Loop& loop, std::uint16_t port, std::uint8_t number)
      : self(id<core::PeerId>(number)),
        signalling_(loop.context(), self, id<core::Rid>(100),
                    {.arrived = [this](const Signal& signal) { peers_->arrived(signal); }}) {
    core::Settings settings;
    settings.self = self;
    mind_ = std::make_unique<viewer::Mind>(settings, [this] { pump(); });
    peers_ = std::make_unique<viewer::Peers>(
        loop.context(), *mind_, settings.max_peers,
        [this](Signal signal) { return signalling_.send(std::move(signal)); });
    peers_->use({{}, {"127.0.0.1"}});
    signalling_.use({{"127.0.0.1", port, false}});
    mind_->tell(&core::Swarm::joined, id<core::Rid>(100));
  }
  bool ready() const { return signalling_.ready(); }
  unsigned open() const { return mind_->swarm().statistics().peers; }
  void learn_of(std::vector<core::PeerId> others) {
    std::erase(others, self);
    core::TrackerAnswer answer;
    answer.population = std::uint32_t(others.size() + 1);
    answer.interval = 30s;
    answer.peers = std::move(others);
    mind_->tell(&core::Swarm::tracker_answered, answer);
  }

  core::PeerId self;

private:
  void pump() {
    for (auto& action : mind_->swarm().take_actions()) {
      if (auto* send = std::get_if<core::Send>(&action))
        peers_->send(*send);
      else if (auto* wanted = std::get_if<core::Connect>(&action))
        peers_->connect(wanted->peer);
      else if (auto* leave = std::get_if<core::Disconnect>(&action))
        peers_->disconnect(leave->peer, leave->reason);
    }
  }

  std::unique_ptr<viewer::Mind> mind_;
  std::unique_ptr<viewer::Peers> peers_;
  viewer::Signalling signalling_;
};

/// Members who have their inboxes open, and the listener.
struct Swarm {
  processes::TemporaryDirectory directory{"p2plive-signal-count-test"};
  processes::Service mosquitto;
  test::Loop loop;
  std::unique_ptr<test::SignalListener> listener;
  std::vector<std::unique_ptr<Member>> members;
  std::vector<core::PeerId> all;

  explicit Swarm(int count) {
    processes::ServiceOptions options;
    options.directory = directory.path();
    auto started = processes::start_mosquitto(options);
    fail_unless(started.has_value(), "%s", started ? "" : started.error().c_str());
    mosquitto = std::move(*started);
    listener = std::make_unique<test::SignalListener>(loop.context(), mosquitto.port);
    for (int i = 1; i <= count; ++i) {
      members.push_back(std::make_unique<Member>(loop, mosquitto.port, std::uint8_t(i)));
      all.push_back(members.back()->self);
    }
    fail_unless(loop.run_until([&] {
      return listener->ready() &&
             std::ranges::all_of(members, [](const auto& member) { return member->ready(); });
    }));
  }
  /// Everybody is connected with everybody, and nothing more is said.
  void settle() {
    auto whole = [&](const auto& member) { return member->open() + 1 == members.size(); };
    fail_unless(loop.run_until([&] { return std::ranges::all_of(members, whole); }));
    loop.run_for(300ms);
    fail_unless(std::ranges::all_of(members, whole));
    fail_unless_equals_int(listener->unknown(), 0);
  }
};

} // namespace

// Rule: who connects sends an offer and gets an answer, and that is all.
GST_START_TEST(one_connects_to_the_other) {
  Swarm swarm(2);
  swarm.members[0]->learn_of(swarm.all);
  swarm.settle();
  auto signals = swarm.listener->between(swarm.all[0], swarm.all[1]);
  fail_unless(signals == "offer answer", "%s", signals.c_str());
}
GST_END_TEST;

// Rule: when both connect at once, one of the offers is answered and the other passed over: three.
GST_START_TEST(both_connect_at_once) {
  Swarm swarm(2);
  for (auto& member : swarm.members)
    member->learn_of(swarm.all);
  swarm.settle();
  auto signals = swarm.listener->between(swarm.all[0], swarm.all[1]);
  fail_unless(signals == "offer offer answer", "%s", signals.c_str());
}
GST_END_TEST;

// Rule: no pair takes more than three, when all of a swarm learn of each other in one instant.
GST_START_TEST(all_connect_with_all) {
  Swarm swarm(6);
  for (auto& member : swarm.members)
    member->learn_of(swarm.all);
  swarm.settle();
  for (std::size_t i = 0; i < swarm.all.size(); ++i)
    for (std::size_t j = i + 1; j < swarm.all.size(); ++j) {
      auto kinds = swarm.listener->between(swarm.all[i], swarm.all[j]);
      auto count = test::SignalListener::count(kinds);
      fail_unless(count >= 2 && count <= most_signals, "%zu and %zu: %s", i, j, kinds.c_str());
    }
}
GST_END_TEST;

static Suite* signal_count_suite() {
  auto* suite = suite_create("signal_count");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, one_connects_to_the_other);
  tcase_add_test(tcase, both_connect_at_once);
  tcase_add_test(tcase, all_connect_with_all);
  return suite;
}

GST_CHECK_MAIN(signal_count)
