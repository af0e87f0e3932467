// PeerConnection: a sender that, as the scheduler does, sends a piece while less than a mark waits,
// and otherwise waits for `drained`. A slow receiver holds it back, a long path does not.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/swarm.h"
#include "net/sctp_transport.h"

#include "long_path.h"
#include "process_figures.h"
#include "remote_peer.h"

#include <algorithm>
#include <cstdio>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Peer;
using test::RemotePeer;
using test::resident_kib;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t piece_size = 64 * 1024;
constexpr auto send_buffer = net::SctpTransport::send_buffer;

/// Sends pieces, each of other bytes, and hashes them.
class Feeder {
public:
  explicit Feeder(Peer& peer, std::size_t mark = core::send_low_mark) : peer_(peer), mark_(mark) {}

  /// To be called again and again: does nothing until there is room, or `drained` was told.
  void feed(std::size_t most = SIZE_MAX) {
    if (held_back_ && std::exchange(drained_, peer_.drained) == peer_.drained)
      return;
    held_back_ = false;
    while (sent < most && !held_back_) {
      std::fill(piece_.begin(), piece_.end(), std::uint8_t(sent / piece_size));
      fail_unless(peer_.send(piece_));
      sent += piece_size;
      most_waiting = std::max(most_waiting, peer_.connection->buffered());
      drained_ = peer_.drained;
      held_back_ = peer_.connection->buffered() >= mark_;
    }
  }
  bool held_back() const { return held_back_; }

  std::size_t sent = 0, most_waiting = 0;

private:
  Peer& peer_;
  std::size_t mark_;
  bool held_back_ = false;
  int drained_ = 0;
  Peer::Bytes piece_ = Peer::Bytes(piece_size);
};

/// Counts what arrives, in order and whole; a message of one byte asks for the count.
void count_all(Peer& peer) {
  peer.on_message = [&peer, count = std::size_t{0}](auto bytes) mutable {
    if (bytes.size() == 1) {
      auto text = std::to_string(count);
      peer.connection->send(Peer::Bytes(text.begin(), text.end()));
    } else if (std::ranges::all_of(
                   bytes, [&](auto byte) { return byte == std::uint8_t(count / piece_size); })) {
      count += bytes.size();
    }
  };
}

std::size_t arrived(test::Loop& loop, Peer& peer) {
  peer.messages.clear();
  fail_unless(peer.send({1}));
  fail_unless(loop.run_until([&] { return !peer.messages.empty(); }, 30s), "%s",
              peer.reason.c_str());
  return std::stoul(std::string(peer.messages[0].begin(), peer.messages[0].end()));
}

struct Sender {
  explicit Sender(const std::function<void(Peer&)>& behave = count_all)
      : remote(behave), peer(loop.context()) {
    remote.connect(peer);
    fail_unless(loop.run_until([&] { return peer.opened > 0; }), "%s", peer.reason.c_str());
  }
  RemotePeer remote; // forks before there is anything else
  test::Loop loop;
  Peer peer;
};

/// Until it is held back, and half a second longer; the bytes taken.
std::size_t taken_while_stopped(Sender& sender, Feeder& feeder) {
  auto before = feeder.sent;
  auto feed = [&] {
    feeder.feed();
    return feeder.held_back();
  };
  fail_unless(sender.loop.run_until(feed), "never held back");
  sender.loop.run_until(
      [&] {
        feeder.feed();
        return false;
      },
      500ms);
  fail_unless(feeder.held_back());
  fail_unless(sender.peer.connection->buffered() >= net::PeerConnection::low_mark);
  return feeder.sent - before;
}

} // namespace

// Rule: a receiver that has stopped is seen as full: SCTP has taken what may be on its way, the
// mark and a piece wait, and nothing more is taken. When it goes on, `drained` comes, and every
// byte arrives.
GST_START_TEST(a_receiver_that_stops_is_full) {
  Sender sender;
  Feeder feeder(sender.peer);
  sender.remote.kill(SIGSTOP);
  // Ten packets may be on their way at first.
  auto taken = taken_while_stopped(sender, feeder);
  std::printf("stopped at once: %zu KiB are taken\n", taken / 1024);
  fail_unless(taken < core::send_low_mark + piece_size + 64 * 1024, "%zu bytes", taken);

  // Later it is what SCTP's buffer holds, at most.
  for (int round = 0; round < 3; ++round) {
    sender.remote.kill(SIGCONT);
    auto goal = feeder.sent + 16 * 1024 * 1024 / test::share;
    fail_unless(sender.loop.run_until(
        [&] {
          feeder.feed();
          return feeder.sent >= goal;
        },
        40s));
    sender.remote.kill(SIGSTOP);
    taken = taken_while_stopped(sender, feeder);
    std::printf("stopped later: %zu KiB are taken\n", taken / 1024);
    fail_unless(taken <= send_buffer + piece_size, "%zu bytes", taken);
  }
  fail_unless(feeder.most_waiting < core::send_low_mark + piece_size + 1024);
  sender.remote.kill(SIGCONT);
  fail_unless_equals_uint64(arrived(sender.loop, sender.peer), feeder.sent);
  fail_unless_equals_int(sender.peer.against_rules, 0);
}
GST_END_TEST;

// Rule: `drained` comes when less than the mark waits, and once more when nothing does; also for
// what never came up to the mark.
GST_START_TEST(what_is_left_is_told) {
  Sender sender;
  auto& peer = sender.peer;
  for (std::size_t size : {piece_size / 2, 4 * piece_size}) {
    auto drained = peer.drained, emptied = peer.emptied;
    sender.remote.kill(SIGSTOP);
    fail_unless(peer.send(Peer::Bytes(size)));
    auto waiting = peer.connection->buffered();
    fail_unless(waiting > 0 && (waiting >= net::PeerConnection::low_mark) == (size > piece_size));
    fail_unless_equals_int(peer.drained, drained);
    sender.remote.kill(SIGCONT);
    fail_unless(sender.loop.run_until([&] { return peer.emptied > emptied; }, 30s));
    fail_unless_equals_uint64(peer.connection->buffered(), 0);
    fail_unless_equals_int(peer.emptied, emptied + 1);
    fail_unless_equals_int(peer.drained, drained + 1 + (size > piece_size));
    arrived(sender.loop, peer); // what is still on its way
  }
  fail_unless_equals_int(peer.against_rules, 0);
}
GST_END_TEST;

// Rule: the memory of who sends to a slow receiver does not grow, however much there is to send.
GST_START_TEST(a_slow_receiver_costs_no_memory) {
  Sender sender;
  Feeder feeder(sender.peer);
  constexpr std::size_t total = 24 * 1024 * 1024 / test::share;
  long before = 0;
  // It runs for 2 ms of every 22.
  bool runs = false;
  auto turn = Clock::now();
  auto feed = [&] {
    feeder.feed(total);
    if (before == 0 && feeder.sent > total / 8)
      before = resident_kib();
    if (Clock::now() >= turn) {
      sender.remote.kill((runs = !runs) ? SIGCONT : SIGSTOP);
      turn = Clock::now() + (runs ? 2ms : 20ms);
    }
    return feeder.sent == total;
  };
  fail_unless(sender.loop.run_until(feed, 60s), "%zu of %zu, %s", feeder.sent, total,
              sender.peer.reason.c_str());
  auto more = resident_kib() - before;
  std::printf("%zu MiB to a slow receiver: %d times drained, %ld KiB more\n", total >> 20,
              sender.peer.drained, more);
  fail_unless(sender.peer.drained > 0);
  fail_unless(feeder.most_waiting < core::send_low_mark + piece_size + 1024, "%zu bytes waited",
              feeder.most_waiting);
  fail_unless(test::share > 1 || more < 1024, "%ld KiB more", more);
  sender.remote.kill(SIGCONT);
  fail_unless_equals_uint64(arrived(sender.loop, sender.peer), feeder.sent);
}
GST_END_TEST;

// Rule: the scheduler's mark does not slow a path down whose round trip is long: far more than the
// mark and a piece are on their way there, since these do not count as waiting.
GST_START_TEST(a_long_path_is_filled) {
  test::Loop loop;
  test::Pair pair(loop.context());
  test::LongPath path(loop.context(), 25ms);
  pair.change_offer = [&](std::string offer) { return path.through(std::move(offer)); };
  pair.change_answer = [](std::string answer) {
    auto begin = answer.find("a=candidate");
    return answer.erase(begin, answer.find("\r\n", begin) + 2 - begin);
  };
  std::size_t received = 0;
  pair.answerer.on_message = [&](auto bytes) { received += bytes.size(); };
  pair.start();
  fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
  Feeder feeder(pair.offerer);
  constexpr std::size_t enough = 2 * (core::send_low_mark + piece_size);
  std::size_t most = 0;
  auto fill = [&] {
    feeder.feed();
    auto arrived_or_waiting = received + pair.offerer.connection->buffered();
    if (feeder.sent > arrived_or_waiting)
      most = std::max(most, feeder.sent - arrived_or_waiting);
    return most >= enough;
  };
  fail_unless(loop.run_until(fill, 20s), "%zu KiB were on their way, %s", most / 1024,
              pair.offerer.reason.c_str());
}
GST_END_TEST;

static Suite* back_pressure_suite() {
  auto* suite = suite_create("back_pressure");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_receiver_that_stops_is_full);
  tcase_add_test(tcase, what_is_left_is_told);
  tcase_add_test(tcase, a_slow_receiver_costs_no_memory);
  tcase_add_test(tcase, a_long_path_is_filled);
  return suite;
}

GST_CHECK_MAIN(back_pressure)
