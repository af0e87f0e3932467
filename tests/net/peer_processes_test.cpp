// PeerConnection: the other side is another process, which can be slow, silent or killed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "process_figures.h"
#include "remote_peer.h"

#include <cstdio>

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using test::Peer;
using test::RemotePeer;
using test::resident_kib;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t message_size = 64 * 1024;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Takes everything, and says "done" when a message of one byte tells it that it was the last.
void take_all(Peer& peer) {
  peer.on_message = [&peer](auto bytes) {
    if (bytes.size() == 1)
      peer.connection->send(bytes);
  };
}

} // namespace

// Rule: 64 MiB in messages of 64 KiB arrive, at a rate that no viewer of HLS can outrun (the figure
// is printed; the floor leaves room for sanitizers and for busy machines: 95 MB/s were measured).
GST_START_TEST(goodput_between_processes) {
  RemotePeer remote(take_all);
  test::Loop loop;
  Peer peer(loop.context());
  remote.connect(peer);
  fail_unless(loop.run_until([&] { return peer.opened > 0; }), "%s", peer.reason.c_str());
  const Peer::Bytes message(message_size, 42);
  constexpr int count = 1024 / test::share;
  int sent = 0;
  auto begin = Clock::now();
  auto done = [&] {
    while (sent < count && peer.connection->buffered() < 1024 * 1024 && peer.send(message))
      ++sent;
    if (sent == count && peer.send({1}))
      ++sent;
    return !peer.messages.empty();
  };
  fail_unless(loop.run_until(done, 40s), "%d of %d, %s", sent, count, peer.reason.c_str());
  auto rate = count * message_size / since(begin) / 1e6;
  std::printf("goodput, 64 KiB messages, two processes: %.1f MB/s\n", rate);
  fail_unless(rate > 2 || test::share > 1);
}
GST_END_TEST;

// Rule: a peer that is killed is noticed within five seconds, whether the connection was idle ...
GST_START_TEST(a_killed_peer_is_noticed) {
  RemotePeer remote(take_all);
  test::Loop loop;
  Peer peer(loop.context());
  remote.connect(peer);
  fail_unless(loop.run_until([&] { return peer.opened > 0; }));
  remote.kill(SIGKILL);
  auto begin = Clock::now();
  fail_unless(loop.run_until([&] { return peer.closed > 0; }, 5s));
  std::printf("killed while idle: noticed after %.2f s (%s)\n", since(begin), peer.reason.c_str());
}
GST_END_TEST;

// ... or busy.
GST_START_TEST(a_killed_peer_is_noticed_while_sending) {
  RemotePeer remote(take_all);
  test::Loop loop;
  Peer peer(loop.context());
  remote.connect(peer);
  fail_unless(loop.run_until([&] { return peer.opened > 0; }));
  const Peer::Bytes message(message_size, 42);
  auto send = [&] {
    while (peer.connection->buffered() < 1024 * 1024 && peer.send(message))
      ;
    return peer.closed > 0;
  };
  auto begin = Clock::now();
  loop.run_until([&] { return send() || since(begin) > 0.2; });
  remote.kill(SIGKILL);
  begin = Clock::now();
  fail_unless(loop.run_until(send, 5s));
  std::printf("killed while busy: noticed after %.2f s (%s)\n", since(begin), peer.reason.c_str());
}
GST_END_TEST;

// Rule: a peer that lives and says nothing is kept.
GST_START_TEST(a_silent_peer_is_kept) {
  RemotePeer remote(take_all);
  test::Loop loop;
  Peer peer(loop.context());
  remote.connect(peer);
  fail_unless(loop.run_until([&] { return peer.opened > 0; }));
  auto before = peer.connection->received_bytes();
  fail_if(loop.run_until([&] { return peer.closed > 0; }, 9s), "%s", peer.reason.c_str());
  std::printf("an idle connection receives %.0f B/s\n",
              double(peer.connection->received_bytes() - before) / 9);
  fail_unless(peer.send({1}));
  fail_unless(loop.run_until([&] { return !peer.messages.empty(); }));
}
GST_END_TEST;

// Rule: what a stalled receiver does not take is queued up to 16 MiB and no further; when it goes
// on, `drained` comes and nothing is lost.
GST_START_TEST(a_stalled_receiver_holds_the_sender_back) {
  RemotePeer remote(take_all);
  test::Loop loop;
  Peer peer(loop.context());
  remote.connect(peer);
  fail_unless(loop.run_until([&] { return peer.opened > 0; }));
  remote.kill(SIGSTOP);
  auto before = resident_kib();
  const Peer::Bytes message(message_size, 42);
  int sent = 0, refused = 0;
  auto begin = Clock::now();
  loop.run_until([&] {
    while (peer.send(message))
      ++sent;
    ++refused;
    return since(begin) > 2;
  });
  fail_unless(refused > 0);
  fail_unless(peer.connection->buffered() <= 16u * 1024 * 1024);
  fail_unless(sent * message_size < 20u * 1024 * 1024, "%d messages were taken", sent);
  auto more = resident_kib() - before;
  fail_unless(test::share > 1 || more < 40 * 1024, "%ld KiB more", more);
  fail_unless_equals_int(peer.drained, 0);
  remote.kill(SIGCONT);
  fail_unless(loop.run_until([&] { return peer.drained > 0; }, 60s), "%s", peer.reason.c_str());
  fail_unless(peer.connection->buffered() < 128 * 1024);
  fail_unless(peer.send({1}));
  fail_unless(loop.run_until([&] { return !peer.messages.empty(); }));
}
GST_END_TEST;

static Suite* peer_processes_suite() {
  auto* suite = suite_create("peer_processes");
  auto* tcase = tcase_create("general");
  tcase_set_timeout(tcase, 90);
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, goodput_between_processes);
  tcase_add_test(tcase, a_killed_peer_is_noticed);
  tcase_add_test(tcase, a_killed_peer_is_noticed_while_sending);
  tcase_add_test(tcase, a_silent_peer_is_kept);
  tcase_add_test(tcase, a_stalled_receiver_holds_the_sender_back);
  return suite;
}

GST_CHECK_MAIN(peer_processes)
