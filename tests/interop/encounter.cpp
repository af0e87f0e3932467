// SPDX-License-Identifier: LGPL-2.1-or-later
#include "encounter.h"

#include "random_id.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace p2plive::test {

using namespace std::chrono_literals;

namespace {

// Many times what a busy machine of two cores takes.
constexpr auto open_within = 60s;
constexpr auto exchange_within = 120s;
constexpr auto restart_within = 30s;
constexpr auto close_noticed_within = 30s;
constexpr std::size_t longest_log = 4000; ///< characters; libcheck takes 8192 in all

} // namespace

Encounter::Encounter(Loop& loop, const Kind& kind) : loop_(loop), kind_(kind) {
  meeting_.self = random_id<core::PeerId>();
  meeting_.other = random_id<core::PeerId>();
  meeting_.rid = random_id<core::Rid>();
  meeting_.offers = kind.we_offer;
}

std::string Encounter::options_of_the_other() const {
  auto broker = kind_.websocket ? "ws://127.0.0.1:" + std::to_string(broker_.websocket_port)
                                : "mqtt://127.0.0.1:" + std::to_string(broker_.port);
  auto flag = [](bool value) { return value ? "true" : "false"; };
  return std::string("{\"broker\":\"") + broker + "\",\"self\":\"" + meeting_.other.to_hex() +
         "\",\"other\":\"" + meeting_.self.to_hex() + "\",\"rid\":\"" + meeting_.rid.to_hex() +
         "\",\"size\":" + std::to_string(kind_.size) +
         ",\"seed\":7654321,\"offers\":" + flag(!kind_.we_offer) +
         ",\"trickle\":" + flag(kind_.trickles) +
         ",\"restarts\":" + flag(kind_.restart == Restart::theirs) + "}";
}

std::string Encounter::open_inbox() {
  processes::ServiceOptions options;
  options.directory = directory.path();
  auto broker = processes::start_mosquitto(options);
  if (!broker)
    return broker.error();
  broker_ = std::move(*broker);
  meeting_.broker_port = broker_.port;
  ours = std::make_unique<OurSide>(loop_.context(), meeting_, kind_.size);
  if (!loop_.run_until([&] { return ours->ready(); }, open_within))
    return "our inbox does not open";
  return {};
}

std::string Encounter::run(const Command& command) {
  if (auto problem = open_inbox(); !problem.empty())
    return problem;
  processes::SpawnOptions spawn;
  spawn.argv = command(options_of_the_other());
  spawn.log = directory / "other.log";
  spawn.environment = {{"HOME", directory.path().string()}};
  auto other = processes::ChildProcess::spawn(spawn);
  if (!other)
    return other.error();
  auto complaint = meet(*other);
  // Its teardown is its own affair: a process that hangs is killed.
  other->terminate();
  if (complaint.empty())
    return complaint;
  auto log = processes::log_tail(spawn.log, 30);
  return complaint + "\n" + log.substr(log.size() - std::min(log.size(), longest_log));
}

std::string Encounter::meet(processes::ChildProcess& other) {
  auto begin = std::chrono::steady_clock::now();
  auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  auto over = [&] { return ours->closed || !other.alive(); };
  if (!loop_.run_until([&] { return ours->open || over(); }, open_within) || !ours->open)
    return "the channel does not open: " + ours->reason;
  auto open_after = seconds();
  if (kind_.restart == Restart::ours)
    ours->restart();
  loop_.run_until([&] { return ours->exchange.finished() || over(); }, exchange_within);
  auto exchanged_after = seconds();
  if (auto complaint = ours->exchange.complaint(); !complaint.empty())
    return complaint + (ours->closed ? " (closed: " + ours->reason + ")" : "");
  auto restarted = [&] { return ours->restarts > 0 && !ours->restarting(); };
  if (kind_.restart != Restart::no && !loop_.run_until(restarted, restart_within))
    return "ICE does not restart";
  ours->close();
  auto noticed = [&] { return !kind_.says_closed || ours->last_refusal == "closed"; };
  if (!loop_.run_until(noticed, close_noticed_within))
    return "our close is not noticed";
  std::printf("%s, %s: open after %.2f s, %.0f MB each way in %.1f s\n", kind_.name,
              kind_.we_offer ? "we offer" : "we answer", open_after, double(kind_.size) / 1e6,
              exchanged_after - open_after);
  return {};
}

} // namespace p2plive::test
